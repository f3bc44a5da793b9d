package random

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lockstep-prover/lockstep/model"
)

// batch is how many runs are made between two looks at what they found, at most.
const batch = 256

// exploration is one call of Explore or Swarm. Workers make the runs of a batch in any order; then the accounts are added up in
// the order of the runs, so that nothing depends on who made which.
type exploration struct {
	opts     Options
	putsOff  bool
	members  []*member
	workers  []*worker
	start    time.Time
	reported time.Time
	steps    atomic.Int64

	report Report
	curve  []Point
	first  *coverage // what the first half met
	trials int       // counted runs of the second half
	new    [2]trial  // of local transitions and of global states
}

// trial adds up what runs of the second half met that the first half had not.
type trial struct {
	runs   int     // that met something
	shares float64 // of observations
}

func explore(ctx context.Context, family []Member, opts Options, putsOff bool) (*Report, error) {
	opts, err := opts.complete()
	if err != nil {
		return nil, err
	}
	e := &exploration{opts: opts, putsOff: putsOff, start: time.Now()}
	e.reported = e.start
	for _, build := range family {
		m, err := newMember(build)
		if err != nil {
			return nil, fmt.Errorf("explore at random: %w", err)
		}
		e.members = append(e.members, m)
	}
	for range opts.Workers {
		w := newWorker(e.members, opts, putsOff)
		w.stop = func() bool { return ctx.Err() != nil }
		e.workers = append(e.workers, w)
	}
	e.results()
	for e.report.Runs < opts.Runs && e.report.Stopped == "" {
		e.batch(ctx)
	}
	e.finish()
	return &e.report, nil
}

// results makes a result for each property of each member.
func (e *exploration) results() {
	for i, m := range e.members {
		for _, c := range m.checks {
			e.report.Results = append(e.report.Results, Result{Member: i, Property: c.Property, Judged: c.judged(), Run: -1})
		}
		threads := 0
		for id := range m.system.Len() {
			if !m.system.IsMonitor(model.ID(id)) {
				threads++
			}
		}
		e.report.Threads = max(e.report.Threads, threads)
	}
}

// batch makes runs up to the next power of two, the half, or a whole batch, and adds them up.
func (e *exploration) batch(ctx context.Context) {
	from := e.report.Runs
	to := min(from+batch, e.opts.Runs)
	for _, stop := range []int{nextPower(from), e.opts.Runs / 2} {
		if from < stop && stop < to {
			to = stop
		}
	}
	accounts := make([]*account, to-from)
	var taken atomic.Int64
	var group sync.WaitGroup
	for _, w := range e.workers {
		group.Go(func() {
			for ctx.Err() == nil {
				i := int(taken.Add(1)) - 1
				if i >= len(accounts) {
					return
				}
				a := w.run(from + i)
				e.steps.Add(int64(a.steps))
				accounts[i] = &a
			}
		})
	}
	e.wait(&group)
	e.add(accounts)
	switch {
	case e.report.Runs < to:
		e.report.Stopped = context.Cause(ctx).Error()
	case !e.opts.Count && e.decided() && e.report.Runs < e.opts.Runs:
		e.report.Stopped = decided
	}
	if n := e.report.Runs; n == nextPower(n-1) && n == to && n < e.opts.Runs {
		e.curve = append(e.curve, e.merge().point(n, e.members))
	}
	if to == e.opts.Runs/2 && e.report.Stopped == "" {
		e.first = e.merge()
		for _, w := range e.workers {
			w.coverage.learn(e.first)
		}
	}
}

// decided is why runs end that have nothing left to find out.
const decided = "everything is decided"

// nextPower is the least power of two above n.
func nextPower(n int) int {
	p := 1
	for p <= n {
		p *= 2
	}
	return p
}

// wait waits for the workers, and reports progress meanwhile.
func (e *exploration) wait(group *sync.WaitGroup) {
	if e.opts.Progress == nil {
		group.Wait()
		return
	}
	done := make(chan struct{})
	go func() {
		group.Wait()
		close(done)
	}()
	tick := time.NewTicker(e.opts.Every)
	defer tick.Stop()
	for {
		select {
		case <-done:
			if time.Since(e.reported) < e.opts.Every {
				return
			}
			e.tell()
			return
		case <-tick.C:
			e.tell()
		}
	}
}

func (e *exploration) tell() {
	e.reported = time.Now()
	e.opts.Progress(Progress{Runs: e.report.Runs, Steps: e.steps.Load(), Elapsed: time.Since(e.start)})
}

func (e *exploration) merge() *coverage {
	var all []*coverage
	for _, w := range e.workers {
		all = append(all, w.coverage)
	}
	return merge(all, e.opts.States)
}

// add adds up the accounts of runs in their order. Counted are the runs before the first one that an interruption prevented or
// broke off, so that which runs are counted does not depend on what they found; a hit of a later one is a hit all the same.
func (e *exploration) add(accounts []*account) {
	counted := true
	from := e.report.Runs
	for i, a := range accounts {
		counted = counted && a != nil && !a.abandoned
		if a == nil {
			continue
		}
		m := e.members[a.member]
		m.used = true
		at := 0
		for _, before := range e.members[:a.member] {
			at += len(before.checks)
		}
		for k, h := range a.hits {
			r := &e.report.Results[at+k]
			if h.step >= 0 && r.Run < 0 {
				r.Run, r.Reason = from+i, h.reason
				r.Trace = e.trace(r, k, h)
			}
			if counted && r.Judged {
				r.Runs++
				if h.step >= 0 {
					r.Hits++
				}
			}
		}
		if counted {
			e.count(a)
		}
	}
}

func (e *exploration) count(a *account) {
	r := &e.report
	r.Runs++
	r.TotalSteps += int64(a.steps)
	if a.deadlock {
		r.Deadlocks++
	}
	if a.cut != "" {
		r.Cuts++
		if r.Cut == "" {
			r.Cut = a.cut
		}
	}
	if e.first == nil {
		return
	}
	e.trials++
	for i, met := range []bool{a.metNew, a.metNewState} {
		if met {
			e.new[i].runs++
		}
	}
	e.new[0].shares += a.newStep
	e.new[1].shares += a.newState
}

// decided reports whether every property that runs can decide is.
func (e *exploration) decided() bool {
	any := false
	for _, r := range e.report.Results {
		if r.Judged {
			any = true
			if r.Run < 0 {
				return false
			}
		}
	}
	return any
}

// trace makes the run again, up to the hit, and takes it on the machines themselves to make sure of it: the memoised semantics
// and the concrete one are two implementations.
func (e *exploration) trace(r *Result, property int, h hit) []model.Action {
	trace := []model.Action{}
	w := newWorker(e.members, e.opts, e.putsOff)
	w.record = &trace
	w.run(r.Run)
	trace = trace[:h.step:h.step]
	m := e.members[r.Member]
	c := m.checks[property]
	st := m.system.Start()
	var last model.Step
	for i, a := range trace {
		got, err := st.Find(m.system.Name(a.Machine), a.Event.String())
		if err != nil || got != a {
			panic(fmt.Sprintf("random: step %d of run %d is not enabled: %v", i+1, r.Run, err))
		}
		last = st.Step(a)
	}
	ok := false
	switch c.Kind {
	case model.Monitored:
		for _, v := range last.Violations {
			ok = ok || v.Monitor == c.monitor
		}
	case model.DeadlockFree:
		ok = len(st.Actions(nil)) == 0 && (c.Holds == nil || !c.Holds(c.sight(st.View())))
	default:
		ok = c.Holds(c.sight(st.View())) == (c.Kind == model.Reachable)
	}
	if !ok {
		panic(fmt.Sprintf("random: run %d does not show %q when taken on the machines themselves", r.Run, c.Name))
	}
	return trace
}
