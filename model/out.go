package model

import "fmt"

// Out collects what one Step does besides changing its machine. The zero value is ready to use; a driver calls Reset
// between steps.
type Out struct {
	effects   []Effect
	refused   bool
	cut       string
	violation string
}

// Effect is one thing a step asked for, a comparable value.
type Effect struct {
	Kind   EffectKind
	To     ID     // Send: the receiver
	Event  Event  // Send: the input; Observe: what was observed
	Timer  Timer  // Arm, Cancel
	Window Window // Arm
}

// EffectKind tells the effects apart.
type EffectKind uint8

// The effects of a step.
const (
	Send    EffectKind = iota // deliver Event to machine To in this atomic step
	Observe                   // tell the world, that is every monitor, of Event
	Arm                       // start Timer, or start it again, to expire inside Window
	Cancel                    // stop Timer; nothing happens if it is not armed
)

// Send delivers e to the machine to, in this atomic step, after everything already sent.
func (o *Out) Send(to ID, e Event) {
	o.effects = append(o.effects, Effect{Kind: Send, To: to, Event: e})
}

// Observe makes e visible to the world: monitors take it as an input from this machine, traces print it.
func (o *Out) Observe(e Event) { o.effects = append(o.effects, Effect{Kind: Observe, Event: e}) }

// Arm starts the timer t. When it expires the machine takes the input [Expired]. Arming an armed timer starts it again.
func (o *Out) Arm(t Timer, w Window) {
	o.effects = append(o.effects, Effect{Kind: Arm, Timer: t, Window: w})
}

// Cancel stops the timer t.
func (o *Out) Cancel(t Timer) { o.effects = append(o.effects, Effect{Kind: Cancel, Timer: t}) }

// Refuse says that this atomic step is not possible in the present state: the action that began it is then not enabled, as
// if its machine had not listed it, and nothing of the step happens. So one machine guards another one's actions: a memory
// refuses to let a process pass whose condition is false, a fork refuses to be taken twice. Refuse wins over Cut.
func (o *Out) Refuse() { o.refused = true }

// Cut says that the model does not cover what would have to happen now (a bounded buffer is full, a number has run out).
// The atomic step is not explored further, and no verdict that depends on it can be "proved". The first reason of a step
// counts.
func (o *Out) Cut(reason string) {
	if o.cut == "" {
		o.cut = reason
	}
}

// Violate is for monitors: this step breaks the property that the monitor watches. The monitor's own state stays a
// function of the history, so that exploration can go on for other properties.
func (o *Out) Violate(reason string) {
	if o.violation == "" {
		o.violation = reason
	}
}

// Effects returns the effects in the order in which they were asked for. The slice is valid until Reset.
func (o *Out) Effects() []Effect { return o.effects }

// Refused reports whether Refuse was called.
func (o *Out) Refused() bool { return o.refused }

// CutReason returns the reason given to Cut, or "".
func (o *Out) CutReason() string { return o.cut }

// Violation returns the reason given to Violate, or "".
func (o *Out) Violation() string { return o.violation }

// Reset empties o and keeps its memory.
func (o *Out) Reset() { o.effects, o.refused, o.cut, o.violation = o.effects[:0], false, "", "" }

// String renders an effect for a trace's comments and for test failures.
func (e Effect) String() string {
	switch e.Kind {
	case Send:
		return fmt.Sprintf("send %d: %v", e.To, e.Event)
	case Observe:
		return fmt.Sprintf("observe: %v", e.Event)
	case Arm:
		return fmt.Sprintf("arm %v %v", e.Timer, e.Window)
	default:
		return fmt.Sprintf("cancel %v", e.Timer)
	}
}
