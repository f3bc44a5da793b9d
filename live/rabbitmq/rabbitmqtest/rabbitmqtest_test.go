package rabbitmqtest_test

import (
	"testing"

	"github.com/lockstep-prover/lockstep/live/rabbitmq/rabbitmqtest"
)

func TestNeedVersion(t *testing.T) {
	t.Setenv(rabbitmqtest.Switch, "1")
	t.Setenv(rabbitmqtest.Switch4, "0")
	for version, want := range map[string]bool{"": false, "4.0": true, "4.3": true} {
		var skipped bool
		t.Run("version "+version, func(t *testing.T) {
			defer func() { skipped = t.Skipped() }()
			rabbitmqtest.NeedVersion(t, version)
		})
		if skipped != want {
			t.Errorf("version %q without %s: skipped %v, want %v", version, rabbitmqtest.Switch4, skipped, want)
		}
	}
}

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
