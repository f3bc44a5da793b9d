package ticket_test

import (
	"fmt"
	"testing"

	"github.com/anishathalye/porcupine"
	"pgregory.net/rapid"

	"github.com/lockstep-prover/lockstep/examples/ticket"
	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/prover/schedule"
)

// history is what callers of the lock saw, and when, from the observations along a run. An acquire that has not returned is left out: at
// most it keeps the lock from others, so no history without it is linearizable only with it.
type history struct {
	operations []porcupine.Operation
	called     map[model.ID]int64
	now        int64
}

func (h *history) observe(step model.Step) {
	for _, what := range step.Happenings {
		if what.Effect.Kind != model.Observe {
			continue
		}
		h.now++
		who := what.From
		switch text := what.Effect.Event.String(); text {
		case "acquire":
			h.called[who] = h.now
		case "acquired":
			h.add("acquire", who, h.called[who])
		case "release":
			h.add("release", who, h.now)
		}
	}
}

func (h *history) add(operation string, who model.ID, called int64) {
	h.operations = append(h.operations, porcupine.Operation{ClientId: int(who), Input: call{operation, who}, Call: called, Return: h.now})
}

type call struct {
	operation string
	who       model.ID
}

// mutex is the lock as its callers are to see it: nobody's, or one caller's.
var mutex = porcupine.Model{
	Init: func() any { return model.Self },
	Step: func(holder, input, _ any) (bool, any) {
		c := input.(call)
		if c.operation == "acquire" {
			return holder == any(model.Self), c.who
		}
		return holder == any(c.who), model.Self
	},
}

// linearizable draws a run and returns its history, and whether a mutex could have given it.
func linearizable(t *rapid.T, sys *model.System) (*history, bool) {
	h := &history{called: map[model.ID]int64{}}
	for _, step := range schedule.Draw(t, sys, 150) {
		h.observe(step)
	}
	return h, porcupine.CheckOperations(mutex, h.operations)
}

// Histories: what the workers saw in a run could have come from a mutex, operation by operation.
func TestHistoriesAreLinearizable(t *testing.T) {
	sys := lock(t, ticket.Options{Workers: 3, Turns: 4})
	rapid.Check(t, func(t *rapid.T) {
		if h, ok := linearizable(t, sys); !ok {
			t.Fatalf("no mutex gives this history: %v", h.operations)
		}
	})
}

// And without tickets there are histories that could not, so the test above can fail.
func TestWithoutTicketsSomeHistoryIsNot(t *testing.T) {
	sys := lock(t, ticket.Options{Workers: 2, Turns: 4, NoTickets: true})
	for seed := range 200 {
		if found := rapid.Custom(func(t *rapid.T) string {
			h, ok := linearizable(t, sys)
			if ok {
				return ""
			}
			return fmt.Sprint(h.operations)
		}).Example(seed); found != "" {
			return
		}
	}
	t.Error("none of 200 runs was wrong")
}
