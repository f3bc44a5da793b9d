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
// A level is expanded in rounds. In a round the workers first expand a slice of the level, each into buffers of its own,
// one for each shard of the visited set; then each shard's buffers are inserted, and what is new joins the next level. No
// two workers ever write to the same memory, and which worker did what shows in nothing but the order inside a level.
type exploration struct {
	system     *model.System
	properties []*check
	opts       Options
	start      time.Time
	reported   time.Time

	tabs     *tables
	symmetry *symmetry // nil: not used
	workers  []*worker
	layout   *layout
	visited  [shards]*set
	levels   []level // the last one is being expanded
	fresh    [shards][]uint64

	states      int64
	transitions int64
	memory      atomic.Int64 // bytes of visited set and levels
	cut         string       // the reason of the first cut, in the order of reasons
	stopped     string       // not "": a bound or an interruption ended the exploration, and which
}

// level is the states first met after the same number of steps, packed.
type level struct {
	layout *layout
	states []uint64
}

func (l *level) len() int { return len(l.states) / l.layout.words }

func (l *level) at(i int) []uint64 { return l.states[i*l.layout.words : (i+1)*l.layout.words] }

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
	e.reported = e.start
	first := e.tabs.initial()
	e.layout = newLayout(e.tabs)
	for i := range e.visited {
		e.visited[i] = newSet(e.layout.words)
		e.memory.Add(e.visited[i].bytes())
	}
	p := make([]uint64, e.layout.words)
	e.layout.pack(p, first)
	e.visited[shardOf(p)].insert(p)
	e.states = 1
	e.levels = []level{{e.layout, p}}
	e.workers[0].judgeAll(p)
	if e.settle(-1) {
		return
	}
	for e.expandLevel(ctx) {
	}
}

// expandLevel expands the last level into a new one. It reports whether there is anything left to do.
func (e *exploration) expandLevel(ctx context.Context) bool {
	now := &e.levels[len(e.levels)-1]
	if now.len() == 0 {
		e.levels = e.levels[:len(e.levels)-1]
		return false
	}
	if e.opts.Depth > 0 && len(e.levels) > e.opts.Depth {
		e.stopped = fmt.Sprintf("depth bound %d reached", e.opts.Depth)
		return false
	}
	for at := 0; at < now.len() && e.stopped == ""; {
		n := min(now.len()-at, e.opts.grain.round*len(e.workers))
		e.round(now, at, n)
		at += n
		e.watch(ctx, now.len()-at)
	}
	n := len(e.levels) - 1
	e.collect()
	return !e.settle(n) && e.stopped == ""
}

// round expands n states of the level from the index at, and judges the states that are new.
func (e *exploration) round(now *level, at, n int) {
	var taken atomic.Int64
	chunk := e.opts.grain.chunk
	e.parallel(n, func(w *worker) {
		for {
			from := int(taken.Add(int64(chunk))) - chunk
			if from >= n {
				return
			}
			for i := from; i < min(from+chunk, n); i++ {
				w.expand(now, at+i)
			}
		}
	})
	var shard atomic.Int64
	var refused atomic.Bool
	e.parallel(n, func(w *worker) {
		for s := int(shard.Add(1)) - 1; s < shards; s = int(shard.Add(1)) - 1 {
			known := len(e.fresh[s])
			for _, from := range e.workers {
				var ok bool
				e.fresh[s], ok = e.visited[s].insertAll(from.found[s], e.fresh[s], e.mayGrow)
				if !ok {
					refused.Store(true)
				}
				from.found[s] = from.found[s][:0]
			}
			w.judgeAll(e.fresh[s][known:])
		}
	})
	if refused.Load() {
		e.stopped = fmt.Sprintf("memory bound of %d bytes reached", e.opts.Memory)
	}
	e.gather()
	e.widen()
}

// parallel runs f on every worker, or on the first alone where there is little to do.
func (e *exploration) parallel(n int, f func(*worker)) {
	if n < e.opts.grain.serial || len(e.workers) == 1 {
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
	if e.opts.Memory > 0 && e.memory.Load()+bytes > e.opts.Memory {
		return false
	}
	e.memory.Add(bytes)
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

// widen gives the tables more bits if a successor did not fit, packs everything that is still needed anew, and inserts
// what did not fit.
func (e *exploration) widen() {
	overflow := false
	for _, w := range e.workers {
		overflow = overflow || len(w.overflow) > 0
	}
	if !overflow {
		return
	}
	old := e.layout
	e.layout = newLayout(e.tabs)
	v, p := make([]uint32, len(old.slots)), make([]uint64, e.layout.words)
	repack := func(src []uint64) []uint64 {
		old.unpack(v, src)
		e.layout.pack(p, v)
		return p
	}
	before := e.visited
	e.memory.Store(e.levelBytes())
	for i := range e.visited {
		e.visited[i] = newSet(e.layout.words)
		e.memory.Add(e.visited[i].bytes())
	}
	for i := range before {
		before[i].each(func(src []uint64) { e.addTo(repack(src)) })
		before[i] = nil
	}
	for s, fresh := range e.fresh {
		e.fresh[s] = nil
		for i := 0; i < len(fresh); i += old.words {
			e.fresh[s] = append(e.fresh[s], repack(fresh[i:i+old.words])...)
		}
	}
	for _, w := range e.workers {
		n := len(old.slots)
		for i := 0; i < len(w.overflow); i += n {
			e.layout.pack(p, w.overflow[i:i+n])
			if e.addTo(p) {
				e.fresh[shardOf(p)] = append(e.fresh[shardOf(p)], p...)
				e.workers[0].judgeAll(p)
			}
		}
		w.overflow = w.overflow[:0]
	}
	e.gather()
}

// addTo inserts one state into its shard, whatever the memory bound says: it is checked after the round.
func (e *exploration) addTo(p []uint64) bool {
	s := e.visited[shardOf(p)]
	if s.full(1) {
		e.memory.Add(s.bytes())
		s.grow()
	}
	return s.insert(p)
}

// collect makes the next level of what is new.
func (e *exploration) collect() {
	next := level{layout: e.layout}
	size := 0
	for s := range e.fresh {
		size += len(e.fresh[s])
	}
	next.states = make([]uint64, 0, size)
	for s := range e.fresh {
		next.states = append(next.states, e.fresh[s]...)
		e.fresh[s] = e.fresh[s][:0]
	}
	e.memory.Add(int64(size) * 8)
	e.levels = append(e.levels, next)
}

func (e *exploration) levelBytes() int64 {
	var n int64
	for i := range e.levels {
		n += int64(len(e.levels[i].states)) * 8
	}
	return n
}

// watch reports progress and looks at the bounds after a round.
func (e *exploration) watch(ctx context.Context, frontier int) {
	switch {
	case ctx.Err() != nil:
		e.stopped = context.Cause(ctx).Error()
	case e.opts.States > 0 && e.states > e.opts.States:
		e.stopped = fmt.Sprintf("state bound %d reached", e.opts.States)
	case e.opts.Memory > 0 && e.memory.Load() > e.opts.Memory:
		e.stopped = fmt.Sprintf("memory bound of %d bytes reached", e.opts.Memory)
	}
	if e.opts.Progress != nil && time.Since(e.reported) >= e.opts.Every {
		e.reported = time.Now()
		e.opts.Progress(Progress{
			States: e.states, Transitions: e.transitions, Frontier: int64(frontier), Depth: len(e.levels) - 1,
			Memory: e.memory.Load(), Elapsed: time.Since(e.start),
		})
	}
}
