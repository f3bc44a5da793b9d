package rabbitmqtest_test

import (
	"testing"

	"github.com/lockstep-prover/lockstep/live/rabbitmq/rabbitmqtest"
)

func TestNeed(t *testing.T) {
	for value, want := range map[string]bool{"": true, "0": true, "1": false} {
		t.Setenv(rabbitmqtest.Switch, value)
		var skipped bool
		t.Run("with "+value, func(t *testing.T) {
			defer func() { skipped = t.Skipped() }()
			rabbitmqtest.Need(t)
		})
		if skipped != want {
			t.Errorf("%s=%q: skipped %v, want %v", rabbitmqtest.Switch, value, skipped, want)
		}
	}
}
