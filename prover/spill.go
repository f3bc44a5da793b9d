package prover

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
)

// disk holds what memory has no room for. Once the visited set has outgrown its bound it is written out, shard by shard, as sorted
// runs, and begins anew; what it then takes for new may be old. So when a level is done, the states that are new in it are sorted
// and held against the runs (delayed duplicate detection: Korf 2004, Stern and Dill 1998), one shard after the other, before they
// are expanded. From then on the levels are files too.
type disk struct {
	dir        string
	visited    *os.File
	written    int64 // bytes of visited
	generation int   // of the file of the visited set and of the fresh one
	runs       [shards][]run
	levels     []*levelFile // by level
	fresh      *levelFile   // what left memory of the level being filled
}

// run is sorted entries in the file of the visited set.
type run struct {
	at    int64
	words int
}

// levelFile is the states of a level, packed without a level.
type levelFile struct {
	layout *layout
	file   *os.File
	parts  []part
	words  int64
}

// part is states of one shard in a level file.
type part struct {
	shard int
	run
}

// newDisk makes a directory of its own in dir.
func newDisk(dir string) (*disk, error) {
	own, err := os.MkdirTemp(dir, "lockstep-spill-")
	if err != nil {
		return nil, err
	}
	d := &disk{dir: own}
	if d.visited, err = os.Create(filepath.Join(own, "visited-0")); err != nil {
		os.RemoveAll(own)
		return nil, err
	}
	return d, nil
}

// free removes the directory and what is in it.
func (d *disk) free() error {
	d.visited.Close()
	for _, l := range append(d.levels, d.fresh) {
		if l != nil {
			l.file.Close()
		}
	}
	return os.RemoveAll(d.dir)
}

func (d *disk) newLevel(l *layout, name string) (*levelFile, error) {
	f, err := os.Create(filepath.Join(d.dir, name))
	if err != nil {
		return nil, err
	}
	return &levelFile{layout: l, file: f}, nil
}

// append writes states of one shard.
func (l *levelFile) append(shard int, states []uint64) error {
	if len(states) == 0 {
		return nil
	}
	at := l.words * 8
	if err := writeWords(l.file, at, states); err != nil {
		return err
	}
	l.parts = append(l.parts, part{shard, run{at, len(states)}})
	l.words += int64(len(states))
	return nil
}

// discard closes a file and removes it.
func discard(f *os.File) error {
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// chunk is how many words are read or written at once.
const chunk = 1 << 13

func writeWords(f *os.File, at int64, words []uint64) error {
	buf := make([]byte, 0, chunk*8)
	for len(words) > 0 {
		n := min(len(words), chunk)
		buf = buf[:0]
		for _, w := range words[:n] {
			buf = binary.LittleEndian.AppendUint64(buf, w)
		}
		if _, err := f.WriteAt(buf, at); err != nil {
			return err
		}
		at, words = at+int64(n)*8, words[n:]
	}
	return nil
}

func readWords(f *os.File, r run) ([]uint64, error) {
	b := make([]byte, r.words*8)
	if _, err := f.ReadAt(b, r.at); err != nil {
		return nil, err
	}
	words := make([]uint64, r.words)
	for i := range words {
		words[i] = binary.LittleEndian.Uint64(b[i*8:])
	}
	return words, nil
}

// sortStates sorts packed states by their words but for the level, and drops what is there twice; of two that differ in the level
// alone the first met stays.
func sortStates(l *layout, states []uint64) []uint64 {
	if l.words == 1 {
		slices.SortFunc(states, func(a, b uint64) int {
			return cmp.Or(cmp.Compare(a&l.state, b&l.state), cmp.Compare(a, b))
		})
		return slices.CompactFunc(states, func(a, b uint64) bool { return a&l.state == b&l.state })
	}
	at := make([][]uint64, len(states)/l.words)
	for i := range at {
		at[i] = states[i*l.words : (i+1)*l.words]
	}
	slices.SortFunc(at, func(a, b []uint64) int { return cmp.Or(l.compare(a, b), cmp.Compare(a[0], b[0])) })
	at = slices.CompactFunc(at, func(a, b []uint64) bool { return l.compare(a, b) == 0 })
	sorted := make([]uint64, 0, len(at)*l.words)
	for _, p := range at {
		sorted = append(sorted, p...)
	}
	return sorted
}

// compare orders packed states by everything but the level.
func (l *layout) compare(a, b []uint64) int {
	return cmp.Or(cmp.Compare(a[0]&l.state, b[0]&l.state), slices.Compare(a[1:], b[1:]))
}

// spill makes room: the visited set goes to disk, and the next level too if it is large.
func (e *exploration) spill() error {
	if err := e.spillVisited(); err != nil {
		return err
	}
	if int64(e.next.len()*e.layout.words)*8 > e.opts.Memory/4 {
		return e.spillNext()
	}
	return nil
}

// spillVisited writes the visited set to disk and begins anew.
func (e *exploration) spillVisited() error {
	if e.disk == nil {
		if err := e.beginSpilling(); err != nil {
			return err
		}
	}
	for i, s := range e.visited {
		var entries []uint64
		s.each(func(entry []uint64) { entries = append(entries, entry...) })
		entries = sortStates(e.layout, entries)
		if len(entries) > 0 {
			if err := writeWords(e.disk.visited, e.disk.written, entries); err != nil {
				return err
			}
			e.disk.runs[i] = append(e.disk.runs[i], run{e.disk.written, len(entries)})
			e.disk.written += int64(len(entries)) * 8
		}
		e.memory.Add(-s.bytes())
		s.free()
		e.visited[i] = newSet(e.layout)
		e.memory.Add(e.visited[i].bytes())
	}
	return nil
}

// beginSpilling writes the levels that are done, which are then no longer to be had from the visited set.
func (e *exploration) beginSpilling() error {
	d, err := newDisk(e.opts.Spill)
	if err != nil {
		return err
	}
	met := e.collect(e.depth)
	for i := range e.depth + 1 {
		l, err := d.newLevel(e.layout, fmt.Sprintf("level-%d", i))
		if err != nil {
			return errors.Join(err, d.free())
		}
		d.levels = append(d.levels, l)
		met.each(i, func(states []uint64) { // from memory, where nothing fails
			if err == nil {
				err = l.append(0, states)
			}
		})
		if err != nil {
			return errors.Join(err, d.free())
		}
		e.confirmed += l.words / int64(e.layout.words)
	}
	e.disk = d
	return nil
}

// spillNext writes what is in memory of the next level to disk.
func (e *exploration) spillNext() (err error) {
	if e.disk.fresh == nil {
		e.disk.generation++
		if e.disk.fresh, err = e.disk.newLevel(e.layout, fmt.Sprintf("fresh-%d", e.disk.generation)); err != nil {
			return err
		}
	}
	for s := range e.next.blocks {
		if err := e.disk.fresh.append(s, slices.Concat(e.next.blocks[s]...)); err != nil {
			return err
		}
	}
	e.next.drop()
	e.next = e.newLevel()
	return nil
}

// confirm makes the file of the next level: of what was taken for new, what no run has from an earlier level.
func (e *exploration) confirm() error {
	if err := e.spillNext(); err != nil {
		return err
	}
	fresh := e.disk.fresh
	level, err := e.disk.newLevel(e.layout, fmt.Sprintf("level-%d", e.depth+1))
	if err != nil {
		return err
	}
	var parts [shards][]run
	for _, p := range fresh.parts {
		parts[p.shard] = append(parts[p.shard], p.run)
	}
	for s := range parts {
		var states []uint64
		for _, r := range parts[s] {
			words, err := readWords(fresh.file, r)
			if err != nil {
				return err
			}
			states = append(states, words...)
		}
		states = sortStates(e.layout, states)
		for _, r := range e.disk.runs[s] {
			if states, err = e.without(states, r); err != nil {
				return err
			}
		}
		if err := level.append(s, states); err != nil {
			return err
		}
	}
	e.disk.fresh = nil
	if err := discard(fresh.file); err != nil {
		return err
	}
	e.disk.levels = append(e.disk.levels, level)
	e.confirmed += level.words / int64(e.layout.words)
	e.states = e.confirmed
	return nil
}

// without drops the states that the run has from a level before the next one. Both are sorted.
func (e *exploration) without(states []uint64, r run) ([]uint64, error) {
	words := e.layout.words
	kept := states[:0]
	err := readRun(e.disk.visited, e.layout, r, func(entry []uint64) bool {
		for len(states) > 0 && e.layout.compare(states[:words], entry) < 0 {
			kept = append(kept, states[:words]...)
			states = states[words:]
		}
		if len(states) > 0 && e.layout.compare(states[:words], entry) == 0 && e.layout.level(entry[0]) <= e.depth {
			states = states[words:]
		}
		return len(states) > 0
	})
	return append(kept, states...), err
}

// readRun calls f for the entries of a run, in order, until it returns false.
func readRun(file *os.File, l *layout, r run, f func(entry []uint64) bool) error {
	in := bufio.NewReaderSize(io.NewSectionReader(file, r.at, int64(r.words)*8), chunk*8)
	entry, buf := make([]uint64, l.words), make([]byte, l.words*8)
	for range r.words / l.words {
		if _, err := io.ReadFull(in, buf); err != nil {
			return err
		}
		for i := range entry {
			entry[i] = binary.LittleEndian.Uint64(buf[i*8:])
		}
		if !f(entry) {
			return nil
		}
	}
	return nil
}

// blocks yields the states of a level file in blocks of at most that many words, a state at least.
func (l *levelFile) blocks(words int, f func(block []uint64) bool) error {
	size := max(words/l.layout.words, 1) * l.layout.words
	for at := int64(0); at < l.words; at += int64(size) {
		block, err := readWords(l.file, run{at * 8, int(min(int64(size), l.words-at))})
		if err != nil {
			return err
		}
		if !f(block) {
			return nil
		}
	}
	return nil
}
