package prover

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/lockstep-prover/lockstep/model"
)

// exploration is one run of Explore.
//
//	local tables             a step                         visited set, in shards by hash
//	machine 0: s0 s1 s2 …    vector ─► look up the action   packed vector and level, exact:
//	machine 1: s0 s1 …         └► deliver what it sent,     in one word if they fit,
//	…                              again by look-up         else in as many as it takes
//
// A level is expanded in rounds. In a round the workers first expand states of the level, each into buffers of its own, one for
// each shard of the visited set, until the buffers are full; then each shard's buffers are inserted, and what is new joins the
// next level. No two workers ever write to the same memory, and which worker did what shows in nothing but the order inside a
// level.
type exploration struct {
	system     *model.System
	properties []*check
	opts       Options
	ctx        context.Context
	start      time.Time
	reported   time.Time
	savedAt    time.Time

	tabs     *tables
	symmetry *symmetry // nil: not used
	ample    *ample    // nil: not used
	reduced  int64     // states expanded by an ample set alone
	workers  []*worker
	layout   *layout
	visited  [shards]*set
	depth    int   // the level being expanded
	reached  int   // the deepest level that has a state
	now      level // its states
	next     level // the states that are new
	spare    spareBlocks

	states      int64
	transitions int64
	memory      atomic.Int64 // bytes of the visited set, the two levels and the buffers
	buffers     int64        // bytes of the buffers
	disk        *disk        // nil: everything is in memory
	confirmed   int64        // with a disk: the states of the levels that are done and of the present one
	cut         string       // the reason of the first cut, in the order of reasons
	stopped     string       // not "": a bound or an interruption ended the exploration, and which
	enough      int64        // end with the first level that makes so many states; 0: do not
	learnt      bool         // that was the end
	err         error        // what went wrong with a file
}

func newExploration(sys *model.System, properties []model.Property, opts Options) (*exploration, error) {
	e := &exploration{opts: opts, start: time.Now()}
	if err := sys.CheckSymmetry(); err != nil {
		return nil, err
	}
	var err error
	if e.system, e.properties, err = newChecks(sys, properties); err != nil {
		return nil, err
	}
	e.tabs = newTables(e.system, opts.kept)
	if len(sys.Symmetry) > 0 && !opts.NoSymmetry && allSymmetric(properties) {
		e.symmetry = newSymmetry(e.tabs)
	}
	for range opts.Workers {
		e.workers = append(e.workers, newWorker(e))
	}
	return e, nil
}

func (e *exploration) run(ctx context.Context) {
	e.ctx, e.reported, e.savedAt = ctx, e.start, e.start
	more := e.begin()
	for ; more; e.depth++ {
		e.now.recycle()
		e.now, e.next = e.next, e.newLevel()
		e.save(e.opts.grain.save)
		more = e.expandLevel()
	}
	e.failed(e.tabs.intact(e.opts.last))
	if e.stopped == "" {
		e.save(true)
	}
	e.certify()
}

// begin makes the first level, or takes up what a checkpoint holds. It reports whether there is anything left to do.
func (e *exploration) begin() bool {
	if e.opts.Checkpoint.Resume {
		if resumed, err := e.resume(); resumed || err != nil {
			e.failed(err)
			return err == nil && !e.settle(-1)
		}
	}
	e.layout = newLayout(e.tabs, 0)
	e.newVisited()
	e.next = e.newLevel()
	p := make([]uint64, e.layout.words)
	e.layout.pack(p, e.tabs.initial())
	h := hash(p)
	e.visited[shardOf(h)].insert(h, p, 0)
	e.next.add(shardOf(h), p)
	e.states = 1
	e.workers[0].judge(p)
	return !e.settle(-1)
}

func (e *exploration) newVisited() {
	for i := range e.visited {
		e.visited[i] = newSet(e.layout)
		e.memory.Add(e.visited[i].bytes())
	}
}

func (e *exploration) newLevel() level {
	return level{layout: e.layout, spare: &e.spare, memory: &e.memory}
}

// free gives back what the collector does not look after.
func (e *exploration) free() {
	for _, s := range e.visited {
		if s != nil {
			s.free()
		}
	}
	if e.disk != nil {
		e.failed(e.disk.free())
	}
}

// expandLevel expands the present level into the next one. It reports whether there is anything left to do.
func (e *exploration) expandLevel() bool {
	left := e.present()
	if left == 0 {
		return false
	}
	if e.opts.Depth > 0 && e.depth >= e.opts.Depth {
		e.stopped = fmt.Sprintf("depth bound %d reached", e.opts.Depth)
		return false
	}
	if e.ample != nil {
		e.ample.learn()
	}
	if e.depth+1 >= e.layout.levelLimit {
		e.failed(e.widen())
	}
	e.failed(e.feed(func(blocks [][]uint64) bool {
		for len(blocks) > 0 && e.stopped == "" {
			n := e.round(blocks)
			for _, b := range blocks[:n] {
				left -= int64(len(b) / e.now.layout.words)
			}
			blocks = blocks[n:]
			e.watch(left)
		}
		return e.stopped == ""
	}))
	fresh := e.next.len() > 0
	if e.disk != nil && e.err == nil {
		e.failed(e.confirm())
		fresh = e.err == nil && e.disk.levels[e.depth+1].words > 0
	}
	if fresh {
		e.reached = e.depth + 1
	}
	if e.err != nil {
		return false
	}
	more := !e.settle(e.depth) && e.stopped == ""
	e.learnt = more && fresh && e.enough > 0 && e.states >= e.enough
	return more && !e.learnt
}

// failed ends the exploration if err is one.
func (e *exploration) failed(err error) {
	if err != nil && e.err == nil {
		e.err, e.stopped = err, err.Error()
	}
}

// present returns how many states the present level has.
func (e *exploration) present() int64 {
	if e.disk != nil {
		l := e.disk.levels[e.depth]
		return l.words / int64(l.layout.words)
	}
	return int64(e.now.len())
}

// feed calls f with blocks of the present level, from memory or from disk, until it returns false.
func (e *exploration) feed(f func(blocks [][]uint64) bool) error {
	if e.disk == nil {
		f(e.now.all())
		return nil
	}
	l := e.disk.levels[e.depth]
	e.now = level{layout: l.layout, spare: &e.spare, memory: &e.memory}
	var some [][]uint64
	err := l.blocks(fullBlock, func(block []uint64) bool {
		if some = append(some, block); len(some) < shards {
			return true
		}
		more := f(some)
		some = nil
		return more
	})
	if err == nil {
		f(some)
	}
	return err
}

// gather adds up what the workers counted.
func (e *exploration) gather() {
	for _, w := range e.workers {
		e.transitions += w.transitions
		e.reduced += w.reduced
		w.transitions, w.reduced = 0, 0
		if w.cut != "" && (e.cut == "" || w.cut < e.cut) {
			e.cut = w.cut
		}
	}
	if e.disk != nil { // what is new is known when the level is done
		return
	}
	e.states = 0
	for _, s := range e.visited {
		e.states += int64(s.count)
	}
}

// watch reports progress and looks at the bounds after a round.
func (e *exploration) watch(frontier int64) {
	memory := e.memory.Load()
	switch {
	case e.stopped != "":
	case e.ctx.Err() != nil:
		e.stopped = context.Cause(e.ctx).Error()
	case e.opts.States > 0 && e.states > e.opts.States:
		e.stopped = fmt.Sprintf("state bound %d reached", e.opts.States)
	case e.opts.Memory > 0 && memory > e.opts.Memory && e.opts.Spill == "":
		e.stopped = fmt.Sprintf("memory bound of %d bytes reached", e.opts.Memory)
	}
	if e.opts.Progress != nil && time.Since(e.reported) >= e.opts.Every {
		e.reported = time.Now()
		e.opts.Progress(Progress{
			States: e.states, Transitions: e.transitions, Frontier: frontier, Depth: e.depth,
			Memory: memory, Elapsed: time.Since(e.start),
		})
	}
}
