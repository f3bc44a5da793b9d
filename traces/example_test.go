package traces_test

import (
	"fmt"
	"os"
	"strings"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/traces"
)

// A trace is recorded from the actions of a run, kept as text, and judged by running it again.
func Example() {
	door := puppet{{"open", func(out *model.Out) { out.Observe(msg("it creaks")) }}}
	sys, err := model.Compose(model.Member{Name: "door", Machine: door})
	if err != nil {
		panic(err)
	}
	silence := model.Property{Name: "silence", Kind: model.Monitored, Monitor: listener{}}

	header := traces.Trace{System: "example/door", Property: "silence", Expect: model.Refuted}
	trace, err := traces.Record(sys, header, []model.Action{{Machine: 0, Event: msg("open")}})
	if err != nil {
		panic(err)
	}
	if err := trace.Format(os.Stdout); err != nil {
		panic(err)
	}

	kept, err := traces.Parse(strings.NewReader(trace.String()))
	if err != nil {
		panic(err)
	}
	verdict, why, err := traces.Judge(kept, sys, silence)
	fmt.Printf("\n%v: %s (error: %v)\n", verdict, why, err)

	// Output:
	// lockstep trace v1
	// system: example/door
	// property: silence
	// expect: refuted
	// steps: 1
	//
	// door open
	//   # observed of door: it creaks
	//
	// refuted: silence does not hold: there was a noise, after step 1 of 1 (error: <nil>)
}

// listener is a monitor that wants to hear nothing.
type listener struct{}

func (listener) Actions(dst []model.Event) []model.Event { return dst }
func (listener) Clone() model.Machine                    { return listener{} }
func (listener) AppendState(dst []byte) []byte           { return dst }
func (listener) Step(_ model.ID, _ model.Event, out *model.Out) {
	out.Violate("there was a noise")
}
