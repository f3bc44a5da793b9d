package lockstep_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/lockstep-prover/lockstep/"

// layout is DESIGN's import table: for each folder what it may import of ours. An entry that ends in "/..." is the folder and
// all below it. The first entry that matches a package rules it.
var layout = []struct {
	folder  string
	imports []string
	outside []string // beyond the standard library; nil: anything
}{
	{"model", []string{}, []string{}},
	{"model/amqp", []string{"model"}, []string{}},
	{"model/broker", []string{"model", "model/amqp"}, []string{}},
	{"model/network", []string{"model", "model/amqp"}, []string{}},
	{"model/lock", []string{"model", "model/amqp"}, []string{}},
	{"model/...", []string{"model"}, []string{}},
	{"spec", []string{"model/..."}, nil},
	{"prover/bench", []string{"model", "prover", "spec"}, []string{"gonum.org/v1/plot", "gonum.org/v1/plot/plotter", "gonum.org/v1/plot/vg"}},
	{"prover/admit", []string{"model"}, []string{}},
	{"prover/certificate", []string{"model"}, []string{}},
	{"prover", []string{"model", "traces"}, []string{}},
	{"prover/frontier", []string{"model"}, []string{}},
	{"prover/random", []string{"model"}, []string{"gonum.org/v1/gonum/stat/distuv"}},
	{"prover/schedule", []string{"model", "traces"}, []string{"pgregory.net/rapid"}},
	{"prover/shrink", []string{"model"}, []string{}},
	{"sim", []string{"model"}, nil},
	{"traces", []string{"model"}, nil},
	{"live/wire", []string{"model/amqp"}, nil},
	{"live/amqptest", []string{"model", "model/amqp", "model/broker", "live/history", "live/wire"}, nil},
	{"live/history", []string{"model/amqp", "live/wire"}, nil},
	{"live/conform", []string{"model", "model/amqp", "model/broker", "prover/admit", "live/history", "live/wire"}, []string{"pgregory.net/rapid"}},
	{"live/gate", []string{"model/amqp", "live/wire"}, nil},
	{"live/ask", []string{"model/amqp", "live/driver", "live/session"}, []string{}},
	{"live/measure", []string{"model", "model/amqp", "model/lock", "spec", "live/driver"}, []string{"github.com/rabbitmq/amqp091-go"}},
	{"live/driver", []string{"model", "model/amqp", "model/lock", "live/session", "live/wire"}, []string{"github.com/rabbitmq/amqp091-go"}},
	{"live/session", []string{"model/amqp", "live/wire"}, []string{}},
	{"live/rabbitmq/...", []string{"live/rabbitmq"}, nil},
	{"live/peers", []string{"model/amqp", "model/broker", "live/wire", "live/amqptest"}, []string{"github.com/rabbitmq/amqp091-go"}},
	{"live/replay", []string{"model/...", "spec", "traces", "live/wire", "live/amqptest", "live/gate", "live/rabbitmq", "live/session"}, nil},
	{"lock", []string{"model", "model/lock", "live/driver"}, []string{}},
	{"cmd/lockstep", []string{"..."}, nil},
}

// pure is the part of the standard library that shapes values: all that machines may use.
var pure = []string{"cmp", "slices", "maps", "strconv", "strings", "errors", "fmt", "math/bits", "iter"}

type listed struct {
	ImportPath string
	Imports    []string
	Standard   bool
}

func list(t *testing.T) []listed {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []listed
	for dec := json.NewDecoder(strings.NewReader(string(out))); dec.More(); {
		var p listed
		if err := dec.Decode(&p); err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

func matches(pattern, folder string) bool {
	if base, tree := strings.CutSuffix(pattern, "..."); tree {
		return base == "" || folder+"/" == base || strings.HasPrefix(folder, base)
	}
	return pattern == folder
}

// Every package is in the layout and imports no more of ours than the layout allows; machines use only what shapes values.
func TestImportsFollowTheLayout(t *testing.T) {
	for _, p := range list(t) {
		folder, ours := strings.CutPrefix(p.ImportPath, module)
		if !ours { // this package: no code but this test
			continue
		}
		i := slices.IndexFunc(layout, func(l struct {
			folder  string
			imports []string
			outside []string
		}) bool {
			return matches(l.folder, folder)
		})
		if i < 0 {
			t.Errorf("%s has no place in the layout", folder)
			continue
		}
		rule := layout[i]
		for _, path := range p.Imports {
			if imported, ours := strings.CutPrefix(path, module); ours {
				if !slices.ContainsFunc(rule.imports, func(allowed string) bool { return matches(allowed, imported) }) {
					t.Errorf("%s imports %s; the layout allows %v", folder, imported, rule.imports)
				}
				continue
			}
			standard := !strings.Contains(strings.Split(path, "/")[0], ".")
			if !standard && rule.outside != nil && !slices.Contains(rule.outside, path) {
				t.Errorf("%s imports %s; the layout allows the standard library only", folder, path)
			}
			if folder == "model" && path == "reflect" { // the kernel names classes of events by their types
				continue
			}
			if strings.HasPrefix(folder+"/", "model/") && standard && !slices.Contains(pure, path) {
				t.Errorf("%s imports %s; machines may use only %v", folder, path, pure)
			}
		}
	}
}

// Tests skip in two places only: where a real RabbitMQ is asked for and make test was not, and where a case of the catalogue is large and
// make test was not asked for either. So make test skips nothing.
func TestNothingElseIsSkipped(t *testing.T) {
	makefile, err := os.ReadFile("Makefile")
	if err != nil {
		t.Fatal(err)
	}
	if all := "\n\tLOCKSTEP_RABBITMQ=1 LOCKSTEP_CASES=all go test "; !strings.Contains(string(makefile), all) {
		t.Errorf("make test does not run %q", all)
	}
	err = filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || path == "architecture_test.go" || path == "spec/catalogue_test.go" || strings.HasPrefix(path, "live/rabbitmq/rabbitmqtest/") {
			return err
		}
		source, err := os.ReadFile(path)
		if skip := regexp.MustCompile(`\.(Skip|Skipf|SkipNow)\(|testing\.Short\(`).Find(source); skip != nil {
			t.Errorf("%s skips tests: %s", path, skip)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
