package traces_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/traces"
)

var update = flag.Bool("update", false, "rewrite the golden files, to be read by somebody")

// golden compares sections, each a name and a text, with a file.
func golden(t *testing.T, file string, sections [][2]string) {
	t.Helper()
	var got strings.Builder
	for _, s := range sections {
		fmt.Fprintf(&got, "======== %s\n%s\n", s[0], strings.ReplaceAll(s[1], "\x1b", "␛"))
	}
	path := filepath.Join("testdata", file)
	if *update {
		if err := os.WriteFile(path, []byte(got.String()), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("%s (-want +got; -update rewrites it):\n%s", path, diff)
	}
}

// record makes a trace of a script about belief-exclusion.
func record(t testing.TB, sys *model.System, script string) *traces.Trace {
	t.Helper()
	header := traces.Trace{
		System: "mutex/toy", Parameters: []traces.Parameter{{Name: "clients", Value: "2"}, {Name: "verify", Value: "passive"}},
		Property: "belief-exclusion", Expect: model.Refuted,
	}
	tr, err := traces.Record(sys, header, act(t, sys, script))
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

const fourClients = `
	client/a acquire
	client/b acquire
	client/c acquire
	link/c to broker: queue.declare lock exclusive
	link/a to broker: queue.declare lock exclusive
	link/b to broker: queue.declare lock exclusive
	link/a reset
	link/b to client: channel.close 405 RESOURCE_LOCKED 'cannot obtain exclusive access to locked queue lock'
	client/a.heartbeat fires
	link/c to client: queue.declare-ok lock messages=0 consumers=0
	client/c verify
	link/c reset
	link/c client notices
	link/a broker notices
	link/b reset
`

func TestDiagram(t *testing.T) {
	two := toy(t, 2)
	odd := toy(t, 1,
		model.Member{Name: "chaos", Machine: puppet{
			{"break the link", func(o *model.Out) { o.Send(2, msg("reset")) }},
			{"shout", func(o *model.Out) {
				o.Send(1, msg("a direct word, said at such length that it takes quite a few rows of the diagram and is cut off where it ends"))
				o.Send(3, msg("note to self"))
				o.Observe(msg("\x1b[31mno way to colour a terminal\x07"))
			}},
		}},
		model.Member{Name: "bystander", Machine: puppet{}})
	watched, err := two.With(model.Member{Name: "monitor/belief-exclusion", Machine: &overlap{}})
	if err != nil {
		t.Fatal(err)
	}
	alone, err := model.Compose(model.Member{Name: "hermit", Machine: puppet{{"think", func(o *model.Out) { o.Observe(msg("thought")) }}}})
	if err != nil {
		t.Fatal(err)
	}
	told := "Both clients believe that they hold the lock, for as long as client/a has not heard of the reset."

	var sections [][2]string
	for _, c := range []struct {
		name   string
		sys    *model.System
		script string
		opts   traces.Options
	}{
		{"the usual width", two, twoBelievers, traces.Options{Ending: told}},
		{"80 columns, ASCII", two, twoBelievers, traces.Options{Width: 80, ASCII: true, Ending: told}},
		{"wide, in colour", two, twoBelievers, traces.Options{Width: 140, Color: true, Ending: told}},
		{"one client idle, a timer, a refusal", toy(t, 4), fourClients, traces.Options{Width: 120}},
		{"wider than asked", toy(t, 4), fourClients, traces.Options{Width: 60}},
		{"without links, and faults from elsewhere", odd, "chaos shout\nchaos break the link\n", traces.Options{}},
		{"a monitor tells the ending", watched, twoBelievers, traces.Options{}},
		{"a cut", toy(t, 1, cutter()), "client/a acquire\ncutter cut\n", traces.Options{}},
		{"one machine", alone, "hermit think\n", traces.Options{}},
		{"nothing happens", two, "", traces.Options{}},
		{"names are repeated", alone, strings.Repeat("hermit think\n", 20), traces.Options{}},
	} {
		var out strings.Builder
		if err := traces.Diagram(&out, c.sys, record(t, c.sys, c.script), c.opts); err != nil {
			t.Fatal(err)
		}
		sections = append(sections, [2]string{c.name, out.String()})
	}
	golden(t, "diagram.golden", sections)
}

func TestDiagramOfAnotherSystem(t *testing.T) {
	tr := record(t, toy(t, 2), twoBelievers)
	var out strings.Builder
	if err := traces.Diagram(&out, toy(t, 1), tr, traces.Options{}); err == nil || out.Len() > 0 {
		t.Errorf("drawn: %v\n%s", err, out.String())
	}
}
