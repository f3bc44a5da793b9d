package lock

import (
	"cmp"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// The administration of the persistent semaphore ([Persistent]), by a client that has the administration mutex meanwhile: an exclusive queue.
//
//	 1. Open connection and channel, as far as they are not; confirm.select or tx.select, as probes need it.
//	 2. queue.declare ADMIN exclusive. channel.close 405: answer it; another administrator is at work, busy.
//	 3. create: L is 1; step 5 up to the number of slots that is wanted. add, remove, destroy: probe SLOT-1, SLOT-2 and so on, up to the first that is absent
//	    (with an overshoot of T, the next absent one behind T others). The last one that is there is slot M.
//	 4. add of X: L is M+1; step 5 up to M+X. Literal, as the document says it: step 5 with M+X alone.
//	    remove of X: L is M; step 6 down to M-X+1, or, ascending, from there up to M. Literal: down to M-X. destroy: remove of M.
//	 5. queue.declare SLOT-L durable, and wait for declare-ok.
//	 6. queue.delete SLOT-L, and wait for delete-ok.
//	 7. With Wait: for each slot L that was removed, probe HOLDER-L until it is absent.
//	 8. queue.delete ADMIN, and wait for delete-ok: done.
//	 9. When the connection is lost, or the broker refuses: failed. What has been done by then stays.

// Job is what an administrator does.
type Job uint8

// The jobs.
const (
	Create Job = iota
	Add
	Remove
	Destroy
)

var jobs = []string{"create", "add", "remove", "destroy"}

// String is the job's name in parameters.
func (j Job) String() string { return jobs[j] }

// ParseJob returns the job of that name.
func ParseJob(name string) (Job, error) {
	i, err := parse("job", name, jobs)
	return Job(i), err
}

// Administration are an administrator's parameters.
type Administration struct {
	Semaphore Persistent
	Admin     string // ADMIN; "administration" if empty
	Job       Job
	Amount    int  // slots to create, add or remove; at least 1
	Ascending bool // remove and destroy from the lowest slot up
	Literal   bool // add and remove as the document says it
	Wait      bool // until nobody has a slot that was removed
	Rounds    int  // how often the job is done; 0: any number of times
}

// Administrator is an administrator of the persistent semaphore.
type Administrator struct {
	Administration
	session session
	probe   prober
	step    adminStep
	at      int  // L
	last    int  // M, as far as it is known
	missing int  // slots in a row that were absent
	removed int  // the least slot that is removed; step 7 counts it up
	rounds  int  // so far, if they are bounded
	done    bool // the last call returned done
}

type adminStep uint8

const (
	idleStep   adminStep = iota
	mutexStep            // 2
	findStep             // 3
	addStep              // 5
	removeStep           // 6
	waitStep             // 7
	finalStep            // 8
)

// NewAdministrator returns an administrator that is not connected yet, on its link.
func NewAdministrator(link model.ID, a Administration) *Administrator {
	a.Admin = cmp.Or(a.Admin, "administration")
	return &Administrator{Administration: a, session: session{link: link, selects: a.Semaphore.selects()}, probe: prober{mode: a.Semaphore.Probe}}
}

// Done reports whether the administrator will do nothing more.
func (a *Administrator) Done() bool {
	return a.step == idleStep && a.Rounds > 0 && a.rounds == a.Rounds
}

// Dead reports whether the process has crashed.
func (a *Administrator) Dead() bool { return a.session.dead }

// Finished reports whether no call is in progress, and the last one returned done.
func (a *Administrator) Finished() bool { return a.step == idleStep && a.done }

// Queued reports whether the call in progress waits for somebody else's release, and not for an answer.
func (a *Administrator) Queued() bool { return false }

// Status is what a sequence diagram says about the administrator.
func (a *Administrator) Status() string {
	switch {
	case a.session.dead:
		return "crashed"
	case a.session.paused:
		return "paused"
	case a.step == idleStep:
		return "does nothing"
	}
	return "administers"
}

// Actions appends the call that the administrator may make.
func (a *Administrator) Actions(dst []model.Event) []model.Event {
	opens := a.session.stage == opening || a.session.stage == channelOpening || a.session.stage == selecting
	if a.session.dead || a.session.paused || a.step != idleStep || a.Done() || opens {
		return dst
	}
	return append(dst, Call{Administer})
}

// Vocabulary lists what the administrator takes.
func (a *Administrator) Vocabulary() []model.Event {
	words := append(a.session.vocabulary(), Call{})
	methods := append(a.Semaphore.Probe.methods(), amqp.QueueDeclareOk{}, amqp.QueueDeleteOk{})
	for _, m := range methods {
		words = append(words, amqp.Frame{Method: m})
	}
	return words
}

// Step takes a call or an input from the link.
func (a *Administrator) Step(_ model.ID, e model.Event, out *model.Out) {
	if _, ok := e.(Call); ok {
		if a.Rounds > 0 {
			a.rounds++
		}
		a.done = false
		out.Observe(Called{Op: Administer})
		a.goTo(mutexStep, out)
		return
	}
	switch a.session.take(e, out) {
	case isReady:
		a.proceed(out)
	case reply:
		a.take(e.(amqp.Frame).Method, out)
	case refused:
		a.refused(e.(amqp.Frame).Method.(amqp.ChannelClose).Code, out)
	case lost:
		if a.step != idleStep {
			a.end(Failed, out)
		}
	case suspended:
		if a.step != idleStep {
			out.Observe(Died{})
		}
		a.forget()
	}
}

// goTo goes on with a step, when the channel is open.
func (a *Administrator) goTo(step adminStep, out *model.Out) {
	a.step = step
	if a.session.prepare(out) {
		a.proceed(out)
	}
}

// proceed sends what the step asks.
func (a *Administrator) proceed(out *model.Out) {
	switch a.step {
	case mutexStep:
		a.session.send(amqp.QueueDeclare{Queue: a.Admin, Exclusive: true}, out)
	case findStep:
		a.probe.ask(a.Semaphore.SlotQueue(a.at), &a.session, out)
	case addStep:
		a.session.send(a.Semaphore.slotDeclare(a.at), out)
	case removeStep:
		a.session.send(amqp.QueueDelete{Queue: a.Semaphore.SlotQueue(a.at)}, out)
	case waitStep:
		a.probe.ask(a.Semaphore.HolderQueue(a.removed), &a.session, out)
	case finalStep:
		a.session.send(amqp.QueueDelete{Queue: a.Admin}, out)
	}
}

// take goes on with the step that the broker has answered.
func (a *Administrator) take(m amqp.Method, out *model.Out) {
	switch a.step {
	case mutexStep:
		a.at = 1
		if a.Job == Create {
			a.goTo(addStep, out)
			return
		}
		a.goTo(findStep, out)
	case findStep, waitStep:
		a.found(a.probe.hear(m), out)
	case addStep:
		if a.at++; a.at > a.target() {
			a.goTo(finalStep, out)
			return
		}
		a.goTo(addStep, out)
	case removeStep:
		a.removeNext(out)
	case finalStep:
		a.end(Done, out)
	default:
		panic(unasked(m))
	}
}

// target is the last slot of step 5.
func (a *Administrator) target() int { return a.last + a.Amount }

// found goes on with what a probe has found: steps 3 and 7.
func (a *Administrator) found(f finding, out *model.Out) {
	switch {
	case f == nothingYet:
	case a.step == waitStep && f == absent:
		if a.removed++; a.removed > a.last {
			a.goTo(finalStep, out)
			return
		}
		a.goTo(waitStep, out)
	case a.step == waitStep: // somebody still has it, or may have
		a.goTo(waitStep, out)
	case f == present:
		a.last, a.missing = a.at, 0
		a.at++
		a.goTo(findStep, out)
	case f == absent:
		if a.missing++; a.missing > a.Semaphore.Overshoot {
			a.known(out)
			return
		}
		a.at++
		a.goTo(findStep, out)
	default:
		a.end(Failed, out)
	}
}

// known is step 4.
func (a *Administrator) known(out *model.Out) {
	switch {
	case a.Job == Add && a.Literal:
		a.at = a.last + a.Amount
		a.goTo(addStep, out)
		return
	case a.Job == Add:
		a.at = a.last + 1
		a.goTo(addStep, out)
		return
	case a.Job == Destroy:
		a.removed = 1
	case a.Literal:
		a.removed = a.last - a.Amount
	default:
		a.removed = a.last - a.Amount + 1
	}
	a.removed = max(1, a.removed)
	switch {
	case a.removed > a.last: // there is none
		a.goTo(finalStep, out)
	case a.Ascending:
		a.at = a.removed
		a.goTo(removeStep, out)
	default:
		a.at = a.last
		a.goTo(removeStep, out)
	}
}

// removeNext goes on with step 6, 7 or 8.
func (a *Administrator) removeNext(out *model.Out) {
	end := a.removed
	if a.Ascending {
		end = a.last
	}
	switch {
	case a.at == end && a.Wait:
		a.goTo(waitStep, out)
	case a.at == end:
		a.goTo(finalStep, out)
	case a.Ascending:
		a.at++
		a.goTo(removeStep, out)
	default:
		a.at--
		a.goTo(removeStep, out)
	}
}

// refused goes on with what a probe has found that cost the channel, or is the end of the job.
func (a *Administrator) refused(code amqp.Code, out *model.Out) {
	switch {
	case a.step == findStep || a.step == waitStep:
		a.found(a.probe.refused(code), out)
	case a.step == mutexStep && code == amqp.ResourceLocked:
		a.end(Busy, out)
	default:
		a.end(Failed, out)
	}
}

func (a *Administrator) end(r Result, out *model.Out) {
	a.forget()
	a.done = r == Done
	out.Observe(Returned{Op: Administer, Result: r})
}

// forget forgets a job.
func (a *Administrator) forget() {
	a.step, a.at, a.last, a.missing, a.removed, a.probe.returned = idleStep, 0, 0, 0, 0, false
}

// Clone returns an independent copy.
func (a *Administrator) Clone() model.Machine {
	d := *a
	return &d
}

// Rename replaces the link.
func (a *Administrator) Rename(to func(model.ID) model.ID) model.Machine {
	d := *a
	d.session.link = to(d.session.link)
	return &d
}

// AppendState encodes the session and how far the job has come.
func (a *Administrator) AppendState(dst []byte) []byte {
	dst = a.session.appendState(dst)
	dst = model.AppendBool(model.AppendBool(model.AppendInt(dst, a.step), a.probe.returned), a.done)
	for _, n := range []int{a.at, a.last, a.missing, a.removed, a.rounds} {
		dst = model.AppendInt(dst, n)
	}
	return dst
}
