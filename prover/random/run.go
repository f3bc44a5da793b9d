package random

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/lockstep-prover/lockstep/model"
)

// worker makes runs, one after the other.
type worker struct {
	opts     Options
	members  []*member
	putsOff  bool // the runs of a swarm put classes of events off
	coverage *coverage
	steppers []*stepper // by member; nil: not used yet
	choose   chooser
	record   *[]model.Action // not nil: the actions taken

	stop func() bool // asked now and then
}

// account is what one run came to.
type account struct {
	member              int
	steps               int
	hits                []hit // by property of the member
	deadlock            bool
	cut                 string
	abandoned           bool
	newStep, newState   float64 // the share of observations that the first half had not
	metNew, metNewState bool
}

// hit is where a run first decided a property, counted in steps; -1: nowhere.
type hit struct {
	step   int
	reason string
}

func newWorker(members []*member, opts Options, putsOff bool) *worker {
	return &worker{
		opts: opts, members: members, putsOff: putsOff, coverage: newCoverage(opts.States),
		steppers: make([]*stepper, len(members)), choose: chooser{source: newSource()}, stop: func() bool { return false },
	}
}

func (w *worker) run(number int) account {
	w.choose.source.start(w.opts.Seed, number)
	a := account{member: w.choose.source.below(len(w.members))}
	m := w.members[a.member]
	s := w.stepper(a.member)
	s.restart()
	w.choose.putOff = nil
	if w.putsOff {
		w.choose.putOff = coins(w.choose.source.stream.Uint64())
	}
	if w.opts.Strategy == PCT {
		w.choose.prioritize(m.system, w.opts.Depth, w.opts.Steps)
	}
	a.hits = make([]hit, len(m.checks))
	for i := range a.hits {
		a.hits[i].step = -1
	}
	w.coverage.startRun(number)
	w.coverage.meetState(s.hash)
	m.judge(s, 0, a.hits)
	for a.steps < w.opts.Steps {
		if a.steps&1023 == 1023 && w.stop() {
			a.abandoned = true
			break
		}
		taken, ok := w.choose.take(s, w.opts.Strategy, a.steps+1)
		if !ok {
			a.deadlock = true
			m.judgeDeadlock(s, a.steps, a.hits)
			break
		}
		if s.cut != "" {
			a.cut = s.cut
			break
		}
		a.steps++
		if w.record != nil {
			*w.record = append(*w.record, model.Action{Machine: taken.machine, Event: s.first.own[taken.index].event})
		}
		for _, r := range s.applied {
			w.coverage.meet(r.tally)
		}
		w.coverage.meetState(s.hash)
		m.judge(s, a.steps, a.hits)
	}
	c := w.coverage
	a.metNew, a.metNewState = c.fresh > 0, c.freshState > 0
	a.newStep, a.newState = share(c.fresh, c.seen), share(c.freshState, c.seenState)
	return a
}

func share(part, whole int64) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}

func (w *worker) stepper(i int) *stepper {
	if w.steppers[i] == nil {
		m := w.members[i]
		var class func(model.Event) string
		if w.putsOff {
			class = classOf
		}
		w.steppers[i] = newStepper(newTables(i, m.system, w.coverage, class))
	}
	return w.steppers[i]
}

// coins decides for each class of events, known or not, with a fair coin of its own.
func coins(key uint64) func(class string) bool {
	known := map[string]bool{}
	return func(class string) bool {
		heads, ok := known[class]
		if !ok {
			sum := sha256.Sum256(append(binary.LittleEndian.AppendUint64(nil, key), class...))
			heads = sum[0]&1 == 1
			known[class] = heads
		}
		return heads
	}
}
