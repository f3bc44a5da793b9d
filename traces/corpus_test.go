package traces_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/lockstep-prover/lockstep/spec"
	"github.com/lockstep-prover/lockstep/traces"
)

func corpus(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob("corpus/*/*.trace")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	return paths
}

// Every kept trace still shows what its header expects.
func TestCorpusShowsWhatItSays(t *testing.T) {
	for _, path := range corpus(t) {
		t.Run(path, func(t *testing.T) {
			f, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			trace, err := traces.Parse(f)
			if err != nil {
				t.Fatal(err)
			}
			var chosen []spec.Setting
			for _, p := range trace.Parameters {
				chosen = append(chosen, spec.Setting(p))
			}
			subject, err := spec.Resolve(trace.System, chosen, trace.Property)
			if err != nil {
				t.Fatal(err)
			}
			if _, _, err := traces.Judge(trace, subject.System, subject.Claim.Property); err != nil {
				t.Error(err)
			}
		})
	}
}
