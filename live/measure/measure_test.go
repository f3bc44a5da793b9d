package measure_test

import (
	"os"
	"slices"
	"testing"

	"github.com/lockstep-prover/lockstep/live/amqptest"
	"github.com/lockstep-prover/lockstep/live/measure"
	"github.com/lockstep-prover/lockstep/live/rabbitmq/rabbitmqtest"
	"github.com/lockstep-prover/lockstep/model/lock"
	"github.com/lockstep-prover/lockstep/spec"
)

func TestMain(m *testing.M) { os.Exit(rabbitmqtest.Run(m)) }

// What calls of each lock cost on a broker is what the model says that they can.
func TestCostsAreTheModels(t *testing.T) {
	for _, e := range spec.Catalogue() {
		choices, err := e.CostChoices()
		if err != nil {
			t.Fatal(err)
		}
		if len(choices) == 0 {
			continue
		}
		m, _, err := e.Meter(choices[0])
		if err != nil {
			t.Fatal(err)
		}
		costs, err := m.Costs()
		if err != nil {
			t.Fatal(err)
		}
		contended := slices.ContainsFunc(costs, func(k spec.OpCost) bool { return k.Op == lock.Acquire && k.Result == lock.Busy })
		test := func(t *testing.T, url string) {
			results, err := measure.Run(t.Context(), url, m, contended, 20)
			if err != nil {
				t.Fatal(err)
			}
			var ops []lock.Op
			for _, r := range results {
				ops = append(ops, r.Op)
				i := slices.IndexFunc(costs, func(k spec.OpCost) bool { return k.Op == r.Op && k.Result == r.Result })
				if i < 0 {
					t.Errorf("%v returned %v, which the model does not have", r.Op, r.Result)
					continue
				}
				for _, cost := range r.Costs {
					if !cost.Within(costs[i].Best, costs[i].Worst) {
						t.Errorf("%v, %v cost %+v; the model has %+v to %+v", r.Op, r.Result, cost, costs[i].Best, costs[i].Worst)
					}
				}
			}
			for _, op := range []lock.Op{lock.Acquire, lock.Verify, lock.Release} {
				if !slices.Contains(ops, op) {
					t.Errorf("no %v was measured", op)
				}
			}
		}
		t.Run("embedded/"+e.Name, func(t *testing.T) {
			s := amqptest.NewServer(amqptest.Options{})
			defer s.Close()
			test(t, s.URL())
		})
		t.Run("rabbitmq/"+e.Name, func(t *testing.T) {
			rabbitmqtest.Need(t)
			test(t, rabbitmqtest.Shared(t).URL())
		})
	}
}

// Queues of a broker that somebody uses are left alone.
func TestInUse(t *testing.T) {
	s := amqptest.NewServer(amqptest.Options{})
	defer s.Close()
	e, err := spec.Find("mutex/publish-consume")
	if err != nil {
		t.Fatal(err)
	}
	choices, err := e.CostChoices()
	if err != nil {
		t.Fatal(err)
	}
	m, _, err := e.Meter(choices[0])
	if err != nil {
		t.Fatal(err)
	}
	held, err := measure.Run(t.Context(), s.URL(), m, true, 1)
	if err != nil || len(held) == 0 {
		t.Fatal(held, err)
	}
	if _, err = measure.Run(t.Context(), s.URL(), m, true, 1); err != nil { // the first run has left nothing
		t.Error(err)
	}
	if _, err = measure.Run(t.Context(), "amqp://127.0.0.1:1/", m, true, 1); err == nil {
		t.Error("a broker that is not there was measured")
	}
}
