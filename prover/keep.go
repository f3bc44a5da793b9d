package prover

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/traces"
)

// CheckTrace runs a kept trace again and fails the test unless it shows what its header expects of the property that it names,
// which is one of properties: "expect: refuted", as [Check] writes it, demands that the property is still violated in the last
// step, as a test of a mutant does; with "expect: unknown" instead, the run is still possible and violates nothing any more,
// as after a repair. A run that the system no longer has fails always. The test logs the run's sequence diagram.
func CheckTrace(t TB, file string, sys *model.System, properties ...model.Property) {
	t.Helper()
	trace, err := read(file)
	if err != nil {
		t.Fatalf("check trace: %v", err)
		return
	}
	i := slices.IndexFunc(properties, func(p model.Property) bool { return p.Name == trace.Property })
	if i < 0 {
		t.Fatalf("check trace: %s is about %q, which is none of the %d properties", file, trace.Property, len(properties))
		return
	}
	_, why, err := traces.Judge(trace, sys, properties[i])
	if err != nil {
		t.Errorf("%s: %v", file, err)
		return
	}
	var b strings.Builder
	if sys, err = traces.Watch(sys, properties[i]); err == nil {
		err = traces.Diagram(&b, sys, trace, traces.Options{})
	}
	if err != nil {
		t.Errorf("%s: %v", file, err)
		return
	}
	t.Logf("%s: %v: %s\n\n%s", file, trace.Expect, why, b.String())
}

func read(file string) (*traces.Trace, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	trace, err := traces.Parse(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return trace, nil
}

// keep writes the trace below testdata, where fuzzing and rapid keep theirs: what a failed test leaves has to outlive it, which
// the artifact directory of a test does only if go test is told so.
func keep(t *traces.Trace) (file string, err error) {
	parts := []string{"testdata", "lockstep"}
	for part := range strings.SplitSeq(t.System, "/") {
		parts = append(parts, fileName(part))
	}
	file = filepath.Join(append(parts, fileName(t.Property)+".trace")...)
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		return "", err
	}
	return file, os.WriteFile(file, []byte(t.String()), 0o666)
}

// fileName makes one element of a path of a name, for any file system: it never leads out of its folder.
func fileName(name string) string {
	name = strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("-_.=,+", r) {
			return r
		}
		return '_'
	}, name)
	if strings.Trim(name, ".") == "" {
		return name + "_"
	}
	return name
}
