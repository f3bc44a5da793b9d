package replay_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/lockstep-prover/lockstep/live/replay"
	"github.com/lockstep-prover/lockstep/model"
)

// walks is how many random walks each broker has to follow.
const walks = 60

// TestWalks replays random walks through the model. They may turn out to be races inside the broker, but not divergences.
func TestWalks(t *testing.T) {
	t.Parallel()
	onBrokers(t, func(t *testing.T, url string) {
		reproduced := 0
		for seed := range uint64(walks) {
			settings, r := walk(t, seed)
			o, err := replay.Run(t.Context(), r.sys, r.trace, r.property, replay.Options{Broker: url})
			if err != nil {
				t.Fatalf("seed %d (%s): %v", seed, settings, err)
			}
			switch o.Verdict {
			case replay.Reproduced:
				reproduced++
			case replay.NotReproduced:
				t.Logf("seed %d: %v", seed, o)
			case replay.Diverged:
				t.Errorf("seed %d (%s): %v\n%v", seed, settings, o, r.trace)
			}
		}
		t.Logf("%d of %d reproduced", reproduced, walks)
		if reproduced < walks/2 {
			t.Error("most walks were races")
		}
	})
}

// walk takes random steps through a random instance, without the broker's heartbeat timers, which take seconds.
func walk(t *testing.T, seed uint64) (settings string, r run) {
	rng := rand.New(rand.NewPCG(seed, 0))
	pick := func(values ...string) string { return values[rng.IntN(len(values))] }
	settings = fmt.Sprintf("clients=%d verify=%s release=%s reconnect=%s crash=%s opening=%s reset=2 blackhole=1 pause=1",
		1+rng.IntN(3),
		pick("publish", "passive", "redeclare"), pick("delete", "connection", "channel"), pick("true", "false"), pick("0", "1"), pick("atomic", "stepwise"))
	sys, _ := instance(t, settings)
	theBroker, _ := sys.Lookup("broker")
	st := sys.Start()
	var actions []model.Action
	for range 30 + rng.IntN(60) {
		var able []model.Action
		for _, a := range st.Actions(nil) {
			if owner, timer := sys.TimerOwner(a.Machine); !timer || owner != theBroker {
				able = append(able, a)
			}
		}
		if len(able) == 0 {
			break
		}
		a := able[rng.IntN(len(able))]
		st.Step(a)
		actions = append(actions, a)
	}
	return settings, record(t, sys, actions)
}
