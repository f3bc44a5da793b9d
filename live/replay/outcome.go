package replay

import (
	"fmt"
	"time"
)

// Verdict says how a replay ended.
type Verdict uint8

// The verdicts. The zero value claims the least.
const (
	NotReproduced Verdict = iota // the trace could not be made to happen: Outcome.Reason
	Reproduced                   // every step happened as the model predicted
	Diverged                     // the broker did what the model does not: Outcome.Predicted and Outcome.Observed
)

// String is the verdict in words.
func (v Verdict) String() string {
	return [...]string{"not reproduced", "reproduced", "diverged"}[v]
}

// Outcome is what a replay showed.
type Outcome struct {
	Verdict Verdict
	Step    int    // the step that it ended with, counted from 1: the last one if it was reproduced
	Action  string // that step, as the trace has it: "link/a reset"
	Where   string // Diverged: who sent, saw or did it: "broker to link/a"

	Predicted string // Diverged: what the model says
	Observed  string // Diverged: what happened
	Reason    string // NotReproduced: why
	Elapsed   time.Duration
}

// String is one line that tells all but the time.
func (o Outcome) String() string {
	s := o.Verdict.String()
	switch o.Verdict {
	case Diverged:
		return fmt.Sprintf("%s at step %d (%s): %s: the model predicts %s, observed was %s",
			s, o.Step, o.Action, o.Where, o.Predicted, o.Observed)
	case NotReproduced:
		return fmt.Sprintf("%s at step %d (%s): %s", s, o.Step, o.Action, o.Reason)
	}
	return fmt.Sprintf("%s, %d steps", s, o.Step)
}

// Step is the account of one step of a replay, for printing while it goes on.
type Step struct {
	Number  int    // from 1
	Action  string // as the trace has it
	Checks  []Check
	Elapsed time.Duration
}

// Check is a prediction of the model and what became of it.
type Check struct {
	Where     string // "broker to link/a"
	Predicted string
	Observed  string
	OK        bool
}

// String is "broker to link/a: queue.declare-ok lock", with what was observed if that is something else.
func (c Check) String() string {
	switch {
	case !c.OK:
		return fmt.Sprintf("%s: predicted %s, observed %s", c.Where, c.Predicted, c.Observed)
	case c.Predicted != c.Observed:
		return fmt.Sprintf("%s: %s (%s)", c.Where, c.Predicted, c.Observed)
	}
	return c.Where + ": " + c.Predicted
}

// EnvironmentError says that a replay could not be carried out for a reason that lies neither in the trace nor in the model:
// nothing listens, the password is refused, the broker goes away, a queue of somebody else's is in the way.
type EnvironmentError struct {
	Doing string // "logging in as guest"
	Err   error
}

// Error is what was being done and why it did not work.
func (e *EnvironmentError) Error() string { return e.Doing + ": " + e.Err.Error() }

// Unwrap returns Err.
func (e *EnvironmentError) Unwrap() error { return e.Err }

// stopped ends a run with an outcome other than Reproduced.
type stopped struct{ Outcome }

func (s *stopped) Error() string { return s.Outcome.String() }
