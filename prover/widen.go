package prover

import (
	"os"
	"path/filepath"
	"strconv"
)

// widen gives the tables and the level more bits, packs everything that is still needed anew, and inserts what did not fit. The
// level being expanded keeps its layout until it is done.
func (e *exploration) widen() error {
	wider := newLayout(e.tabs, e.depth+1)
	if err := e.makeWay(wider); err != nil {
		return err
	}
	old, before, fresh := e.layout, e.visited, e.next
	e.layout = wider
	r := newRepacker(e, old)
	for _, s := range before {
		e.memory.Add(-s.bytes())
	}
	e.newVisited()
	e.next = e.newLevel()
	r.err = r.disk()
	for i, s := range before {
		if r.err == nil {
			s.each(r.entry)
		}
		s.free()
		before[i] = nil
	}
	if r.err != nil {
		return r.err
	}
	for _, b := range fresh.all() {
		r.block(b)
	}
	fresh.recycle()
	for _, w := range e.workers {
		n := len(old.slots)
		for i := 0; i < len(w.overflow); i += n {
			e.layout.pack(r.p, w.overflow[i:i+n])
			if h, fresh := r.add(e.depth + 1); fresh {
				e.next.add(shardOf(h), r.p)
				e.workers[0].judge(r.p)
			}
		}
		w.overflow = w.overflow[:0]
		w.resize(e.layout.words)
	}
	e.gather()
	return r.err
}

// makeWay begins with the disk if the visited set has no room in the wider layout: the levels that are done are to be had from it
// only as long as it is whole, which it is not while it is packed anew. A new table is never of more entries than the old one.
func (e *exploration) makeWay(wider *layout) error {
	var more int64
	for _, s := range e.visited {
		more += s.bytes() / int64(e.layout.words) * int64(wider.words-e.layout.words)
	}
	if e.disk != nil || e.opts.Spill == "" || e.opts.Memory == 0 || e.memory.Load()+more <= e.opts.Memory {
		return nil
	}
	return e.beginSpilling()
}

// repacker moves states from an old layout to the present one.
type repacker struct {
	e   *exploration
	old *layout
	v   []uint32
	p   []uint64 // the state in hand
	err error
}

func newRepacker(e *exploration, old *layout) *repacker {
	return &repacker{e: e, old: old, v: make([]uint32, len(old.slots)), p: make([]uint64, e.layout.words)}
}

func (r *repacker) take(src []uint64) {
	r.old.unpack(r.v, src)
	r.e.layout.pack(r.p, r.v)
}

// entry moves an entry of the visited set.
func (r *repacker) entry(entry []uint64) {
	r.take(entry)
	r.add(r.old.level(entry[0]))
}

// block moves states of the next level.
func (r *repacker) block(b []uint64) {
	for i := 0; i < len(b); i += r.old.words {
		r.take(b[i : i+r.old.words])
		r.e.next.add(shardOf(hash(r.p)), r.p)
	}
}

// add inserts the state in hand into its shard. Where memory does not allow that the visited set goes to disk; without a disk the
// bound is looked at after the round.
func (r *repacker) add(level int) (h uint64, fresh bool) {
	h = hash(r.p)
	for s := r.e.visited[shardOf(h)]; s.full(1); s = r.e.visited[shardOf(h)] {
		if bytes := int64(s.growth()*s.layout.words) * 8; r.e.mayGrow(bytes) {
			s.grow()
		} else if r.e.opts.Spill == "" || r.err != nil {
			r.e.memory.Add(bytes)
			s.grow()
		} else {
			r.err = r.e.spillVisited()
		}
	}
	return h, r.e.visited[shardOf(h)].insert(h, r.p, level)
}

// disk moves what is on disk: the visited set, into the new one, and what left memory of the next level.
func (r *repacker) disk() error {
	d := r.e.disk
	if d == nil {
		return nil
	}
	file, runs, fresh := d.visited, d.runs, d.fresh
	d.runs, d.fresh, d.written = [shards][]run{}, nil, 0
	d.generation++
	var err error
	if d.visited, err = os.Create(filepath.Join(d.dir, "visited-"+strconv.Itoa(d.generation))); err != nil {
		return err
	}
	for s := range runs {
		for _, one := range runs[s] {
			if err := readRun(file, r.old, one, func(entry []uint64) bool { r.entry(entry); return true }); err != nil {
				return err
			}
		}
	}
	if err := discard(file); err != nil || fresh == nil {
		return err
	}
	err = fresh.blocks(fullBlock, func(b []uint64) bool { r.block(b); return true })
	if err != nil {
		return err
	}
	return discard(fresh.file)
}
