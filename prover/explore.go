package prover

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lockstep-prover/lockstep/model"
)

// exploration is one run of Explore.
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

	tabs     *tables
	symmetry *symmetry // nil: not used
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
	cut         string       // the reason of the first cut, in the order of reasons
	stopped     string       // not "": a bound or an interruption ended the exploration, and which
}

func newExploration(sys *model.System, properties []model.Property, opts Options) (*exploration, error) {
	e := &exploration{opts: opts, start: time.Now()}
	if len(properties) == 0 {
		properties = []model.Property{{}}
	}
	if err := sys.Symmetry.Check(sys.Len()); err != nil {
		return nil, err
	}
	var err error
	if e.system, e.properties, err = newChecks(sys, properties); err != nil {
		return nil, err
	}
	e.tabs = newTables(e.system)
	if len(sys.Symmetry) > 0 && !opts.NoSymmetry && allSymmetric(properties) {
		e.symmetry = newSymmetry(e.tabs)
	}
	for range opts.Workers {
		e.workers = append(e.workers, newWorker(e))
	}
	return e, nil
}

func (e *exploration) run(ctx context.Context) {
	defer e.free()
	e.ctx, e.reported = ctx, e.start
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
	for more := !e.settle(-1); more; e.depth++ {
		e.now.recycle()
		e.now, e.next = e.next, e.newLevel()
		more = e.expandLevel(ctx)
	}
}

func (e *exploration) newVisited() {
	for i := range e.visited {
		e.visited[i] = newSet(e.layout)
		e.memory.Add(e.visited[i].bytes())
	}
}

func (e *exploration) newLevel() level { return level{layout: e.layout, spare: &e.spare} }

// free gives back what the collector does not look after.
func (e *exploration) free() {
	for _, s := range e.visited {
		s.free()
	}
}

// expandLevel expands the present level into the next one. It reports whether there is anything left to do.
func (e *exploration) expandLevel(ctx context.Context) bool {
	left := e.now.len()
	if left == 0 {
		return false
	}
	if e.opts.Depth > 0 && e.depth == e.opts.Depth {
		e.stopped = fmt.Sprintf("depth bound %d reached", e.opts.Depth)
		return false
	}
	if e.depth+1 >= e.layout.levelLimit {
		e.widen()
	}
	blocks := e.now.all()
	for len(blocks) > 0 && e.stopped == "" {
		n := e.round(blocks)
		for _, b := range blocks[:n] {
			left -= len(b) / e.now.layout.words
		}
		blocks = blocks[n:]
		e.watch(ctx, left)
	}
	if e.next.len() > 0 {
		e.reached = e.depth + 1
	}
	return !e.settle(e.depth) && e.stopped == ""
}

// round expands as many of the blocks as the buffers have room for, and judges the states that are new. It returns how many
// blocks it has expanded.
func (e *exploration) round(blocks [][]uint64) int {
	var taken atomic.Int64
	room := e.bufferSize()
	few := len(blocks) == 1 || len(blocks) <= e.opts.grain.serial && e.now.len() < e.opts.grain.alone
	e.parallel(few, func(w *worker) {
		w.room = room
		for !w.full {
			i := int(taken.Add(1)) - 1
			if i >= len(blocks) {
				return
			}
			w.expandBlock(blocks[i])
		}
	})
	var shard atomic.Int64
	var refused atomic.Bool
	e.parallel(few, func(w *worker) {
		for s := int(shard.Add(1)) - 1; s < shards; s = int(shard.Add(1)) - 1 {
			if !e.insert(w, s) {
				refused.Store(true)
			}
		}
	})
	if refused.Load() {
		e.stopped = fmt.Sprintf("memory bound of %d bytes reached", e.opts.Memory)
	}
	e.gather()
	for _, w := range e.workers {
		if w.full = false; len(w.overflow) > 0 {
			e.widen()
			break
		}
	}
	return min(int(taken.Load()), len(blocks))
}

// insert adds what all workers have found for one shard.
func (e *exploration) insert(w *worker, shard int) bool {
	fresh := func(p []uint64) {
		e.next.add(shard, p)
		if w.judging {
			w.judge(p)
		}
	}
	for _, from := range e.workers {
		if e.visited[shard].insertAll(from.found[shard], e.depth+1, e.mayGrow, fresh) < len(from.found[shard]) {
			return false
		}
		from.found[shard] = from.found[shard][:0]
	}
	return true
}

// bufferSize is how many words a worker's buffer for one shard may hold: enough that a shard is worth loading into the cache, and
// little beside the visited set.
func (e *exploration) bufferSize() int {
	var words int
	for _, s := range e.visited {
		words += len(s.slots)
	}
	room := min(max(words/(4*shards*len(e.workers)), minBuffer), maxBuffer) * e.layout.words
	if e.opts.grain.buffer > 0 {
		room = e.opts.grain.buffer
	}
	return room
}

const (
	minBuffer = 32
	maxBuffer = 1 << 13
)

// parallel runs f on every worker, or on the first alone.
func (e *exploration) parallel(alone bool, f func(*worker)) {
	if alone || len(e.workers) == 1 {
		f(e.workers[0])
		return
	}
	var group sync.WaitGroup
	for _, w := range e.workers {
		group.Go(func() { f(w) })
	}
	group.Wait()
}

// mayGrow claims memory for a table.
func (e *exploration) mayGrow(bytes int64) bool {
	if e.memory.Add(bytes) > e.opts.Memory && e.opts.Memory > 0 {
		e.memory.Add(-bytes)
		return false
	}
	return true
}

// gather adds up what the workers counted.
func (e *exploration) gather() {
	for _, w := range e.workers {
		e.transitions += w.transitions
		w.transitions = 0
		if w.cut != "" && (e.cut == "" || w.cut < e.cut) {
			e.cut = w.cut
		}
	}
	e.states = 0
	for _, s := range e.visited {
		e.states += int64(s.count)
	}
}

// watch reports progress and looks at the bounds after a round.
func (e *exploration) watch(ctx context.Context, frontier int) {
	memory := e.memory.Load() + e.now.bytes() + e.next.bytes()
	switch {
	case ctx.Err() != nil:
		e.stopped = context.Cause(ctx).Error()
	case e.opts.States > 0 && e.states > e.opts.States:
		e.stopped = fmt.Sprintf("state bound %d reached", e.opts.States)
	case e.opts.Memory > 0 && memory > e.opts.Memory:
		e.stopped = fmt.Sprintf("memory bound of %d bytes reached", e.opts.Memory)
	}
	if e.opts.Progress != nil && time.Since(e.reported) >= e.opts.Every {
		e.reported = time.Now()
		e.opts.Progress(Progress{
			States: e.states, Transitions: e.transitions, Frontier: int64(frontier), Depth: e.depth,
			Memory: memory, Elapsed: time.Since(e.start),
		})
	}
}
