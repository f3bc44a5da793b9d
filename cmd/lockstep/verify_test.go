package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// fixtures are the certificates that the checker's own tests write, without the prover.
const fixtures = "../../prover/certificate/testdata"

// The script verifies the fixture, and not a copy that was left behind.
func TestScriptVerifiesTheFixture(t *testing.T) {
	script, err := os.ReadFile("testdata/script/verify.txtar")
	if err != nil {
		t.Fatal(err)
	}
	fixture, err := os.ReadFile(filepath.Join(fixtures, "two-phase-commit_rm=2.certificate"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(script), "\n-- good.certificate --\n"+string(fixture)+"-- ") {
		t.Errorf("good.certificate in the script is not the fixture:\n%s", fixture)
	}
}

// A certificate under symmetry, of properties with monitors: one object, and in words.
func TestVerifyUnderSymmetry(t *testing.T) {
	path := filepath.Join(fixtures, "exclusive-queue_reset=0.certificate")
	got := runs(t.Context(), "verify", "--json", path)
	if got.Status != 0 || got.Stderr != "" {
		t.Errorf("status %d, stderr %q", got.Status, got.Stderr)
	}
	object := decode[verifyJSON](t, got)
	want := verifyJSON{Schema: "lockstep/verify/v1", System: "mutex/exclusive-queue", Symmetry: true, Holds: true, States: 59}
	if diff := cmp.Diff(want, object, cmpopts.IgnoreFields(verifyJSON{}, "Parameters", "Properties", "Steps", "Seconds")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if p := object.Properties; len(p) == 0 || p[0] != (certifiedPropertyJSON{"broker-exclusion", "P-1", p[0].Says}) || p[0].Says == "" {
		t.Errorf("properties %+v", p)
	}
	if object.Parameters["reset"] != 0.0 || object.Steps < object.States {
		t.Errorf("%+v", object)
	}
	const words = "✓ the certificate holds: 59 states and their images, the initial one among them; none of their "
	if got := runs(t.Context(), "verify", path); got.Status != 0 || !strings.Contains(got.Stdout, words) {
		t.Errorf("%+v; want %q", got, words)
	}
}
