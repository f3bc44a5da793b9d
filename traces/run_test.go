package traces_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/traces"
)

// cutter is a member that takes the system to the end of what is modelled.
func cutter() model.Member {
	return model.Member{Name: "cutter", Machine: puppet{
		{"cut", func(o *model.Out) { o.Cut("the buffer is full") }},
		{"wait", func(*model.Out) {}},
	}}
}

func TestRecord(t *testing.T) {
	two := toy(t, 2)
	watched, err := two.With(model.Member{Name: "monitor/belief-exclusion", Machine: &overlap{}})
	if err != nil {
		t.Fatal(err)
	}
	cut := toy(t, 1, cutter())
	golden(t, "record.golden", [][2]string{
		{"two believers", record(t, watched, twoBelievers).String()},
		{"a timer", record(t, two, "client/a acquire\nclient/a.heartbeat fires\n").String()},
		{"a cut", record(t, cut, "cutter cut\n").String()},
	})
}

func TestRecordErrors(t *testing.T) {
	header := traces.Trace{System: "s", Property: "p", Lines: []traces.Line{{Machine: "not", Event: "used"}}}
	odd := toy(t, 1, cutter(), model.Member{Name: "odd", Machine: puppet{{"a\nb", func(*model.Out) {}}, {"a", func(*model.Out) {}}}})
	watched, err := odd.With(model.Member{Name: "monitor/p", Machine: puppet{{"act", func(*model.Out) {}}}})
	if err != nil {
		t.Fatal(err)
	}
	action := func(name string, e model.Event) model.Action {
		id, ok := watched.Lookup(name)
		if !ok {
			t.Fatal(name)
		}
		return model.Action{Machine: id, Event: e}
	}
	for _, c := range []struct {
		actions []model.Action
		want    string
	}{
		{[]model.Action{action("client/a", msg("acquire")), action("client/a", msg("verify"))}, `record step 2: client/a cannot "verify" here;`},
		{[]model.Action{action("odd", other{})}, `record step 1: odd has two events that read "a"`},
		{[]model.Action{action("cutter", msg("cut")), action("cutter", msg("wait"))}, `record step 1 of 2: the model is cut here: the buffer is full`},
		{[]model.Action{action("odd", msg("a\nb"))}, `record: the trace would not read back: line 8: `},
		{[]model.Action{action("monitor/p", msg("act"))}, `record step 1: monitor/p is a monitor; monitors never act`},
	} {
		if _, err := traces.Record(watched, header, c.actions); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
}

// other reads like msg("a").
type other struct{}

func (other) String() string { return "a" }

func TestRun(t *testing.T) {
	sys := toy(t, 2)
	actions := act(t, sys, twoBelievers)
	tr := record(t, sys, twoBelievers)
	tr.Lines[3].Notes = []string{"a comment that nobody", "", "compares"}

	var ran []model.Action
	end, err := tr.Run(sys, func(step int, a model.Action, st *model.State, s model.Step) error {
		if step != len(ran)+1 || s.Action != a {
			t.Errorf("step %d is called %d, with an account of %v", len(ran)+1, step, s.Action)
		}
		if step == len(actions)-1 && !beliefExclusion().Holds(st.View()) {
			t.Error("the state is ahead of the step")
		}
		ran = append(ran, a)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(actions, ran); diff != "" {
		t.Errorf("-recorded +run:\n%s", diff)
	}
	if beliefExclusion().Holds(end.View()) {
		t.Error("Run does not return the final state")
	}

	enough := errors.New("enough")
	calls := 0
	_, err = tr.Run(sys, func(int, model.Action, *model.State, model.Step) error { calls++; return enough })
	if err != enough || calls != 1 {
		t.Errorf("%d calls, error %v", calls, err)
	}
}

func TestRunErrors(t *testing.T) {
	sys := toy(t, 6, cutter())
	stuck, err := model.Compose(model.Member{Name: "hermit", Machine: puppet{}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		sys   *model.System
		lines string
		want  string
	}{
		{sys, "client/a acquire\nclient/a verify", `step 2: client/a cannot "verify" here; enabled for it: []; others can: ` +
			`client/b "acquire", client/c "acquire", client/d "acquire", client/e "acquire", client/f "acquire", ` +
			`link/a "to broker: queue.declare lock exclusive", link/a "reset", link/b "reset", 7 more`},
		{sys, "client/z acquire", `step 1: the system has no machine "client/z"; others can: client/a "acquire", `},
		{sys, "cutter cut\ncutter wait", `step 1 of 2: the model is cut here: the buffer is full`},
		{stuck, "hermit think", `step 1: hermit cannot "think" here; enabled for it: []; no other machine can act`},
	} {
		tr := &traces.Trace{}
		for line := range strings.SplitSeq(c.lines, "\n") {
			machine, event, _ := strings.Cut(line, " ")
			tr.Lines = append(tr.Lines, traces.Line{Machine: machine, Event: event})
		}
		if _, err := tr.Run(c.sys, nil); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("got  %v\nwant %s", err, c.want)
		}
	}
}

func TestJudge(t *testing.T) {
	const (
		held  = "client/a acquire\nlink/a to broker: queue.declare lock exclusive\nlink/a to client: queue.declare-ok lock messages=0 consumers=0\n"
		stuck = "link/a reset\nlink/a broker notices\nlink/a client notices\n"
	)
	isHeld := func(v model.View) bool { return v[0].(*client).believes() }
	exclusion := beliefExclusion()
	monitor := model.Property{Name: "told-exclusion", Kind: model.Monitored, Monitor: &overlap{}}
	reached := model.Property{Name: "held", Kind: model.Reachable, Holds: isHeld}
	deadlock := model.Property{Name: "deadlock-freedom", Kind: model.DeadlockFree}
	finished := model.Property{Name: "deadlock-freedom", Kind: model.DeadlockFree, Holds: func(v model.View) bool { return !isHeld(v) }}
	another := model.Property{Name: "another", Kind: model.Eventually, Holds: func(v model.View) bool { return v[1].(*client).believes() }}
	never := model.Property{Name: "never", Kind: model.Invariant, Holds: func(model.View) bool { return false }}

	one, two := toy(t, 1, cutter()), toy(t, 2)
	alone := toy(t, 1)
	watched, err := two.With(model.Member{Name: monitor.MonitorName(), Machine: &overlap{}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		sys     *model.System
		p       model.Property
		script  string
		expect  model.Verdict
		verdict model.Verdict
		why     string
		err     string
	}{
		{"invariant", two, exclusion, twoBelievers, model.Refuted,
			model.Refuted, "belief-exclusion does not hold, after step 8 of 8", ""},
		{"monitor", two, monitor, twoBelievers, model.Refuted,
			model.Refuted, "told-exclusion does not hold: a second client was told that it holds the lock, after step 8 of 8", ""},
		{"monitor there already", watched, monitor, twoBelievers, model.Refuted,
			model.Refuted, "told-exclusion does not hold: a second client was told that it holds the lock, after step 8 of 8", ""},
		{"witness", two, reached, held, model.Proved,
			model.Proved, "held is reached, after step 3 of 3", ""},
		{"deadlock", alone, deadlock, stuck, model.Refuted,
			model.Refuted, "deadlock-freedom does not hold: no machine can act, after step 3 of 3", ""},
		{"finished", alone, finished, stuck, model.Unknown,
			model.Unknown, "deadlock-freedom is not refuted by these 3 steps", ""},
		{"initial state", two, never, "", model.Refuted,
			model.Refuted, "never does not hold, after step 0 of 0", ""},
		{"nothing shown, nothing expected", two, exclusion, held, model.Unknown,
			model.Unknown, "belief-exclusion is not refuted by these 3 steps", ""},
		{"cut", one, exclusion, held + "cutter cut\n", model.Unknown,
			model.Unknown, "the model is cut at step 4: the buffer is full", ""},

		{"never shown", two, exclusion, held, model.Refuted,
			model.Unknown, "belief-exclusion is not refuted by these 3 steps", "expected refuted, but belief-exclusion is not refuted by " +
				"these 3 steps: the trace was truncated or altered, or the model has changed"},
		{"never reached", two, reached, "client/a acquire\n", model.Proved,
			model.Unknown, "held is not proved by these 1 steps", "expected proved, but held is not proved by " +
				"these 1 steps: the trace was truncated or altered, or the model has changed"},
		{"cut before", one, exclusion, held + "cutter cut\n", model.Refuted,
			model.Unknown, "the model is cut at step 4: the buffer is full", "expected refuted, but the model is cut at step 4: " +
				"the buffer is full: the trace was truncated or altered, or the model has changed"},
		{"not expected", two, exclusion, twoBelievers, model.Unknown,
			model.Refuted, "belief-exclusion does not hold, after step 8 of 8", "expected unknown, but belief-exclusion does not hold, " +
				"after step 8 of 8: the trace was truncated or altered, or the model has changed"},
		{"invariant too early", two, exclusion, twoBelievers + "client/a verify\n", model.Refuted,
			model.Refuted, "belief-exclusion does not hold, after step 8 of 9", "belief-exclusion does not hold, after step 8 of 9, " +
				"too early: the trace was altered, or the model has changed"},
		{"monitor too early", two, monitor, twoBelievers + "client/a verify\n", model.Refuted,
			model.Refuted, "told-exclusion does not hold: a second client was told that it holds the lock, after step 8 of 9",
			"told-exclusion does not hold: a second client was told that it holds the lock, after step 8 of 9, " +
				"too early: the trace was altered, or the model has changed"},
		{"witness too early", two, reached, held + "client/a verify\n", model.Proved,
			model.Proved, "held is reached, after step 3 of 4", "held is reached, after step 3 of 4, " +
				"too early: the trace was altered, or the model has changed"},
		{"no lasso", two, another, held, model.Refuted,
			model.Unknown, "another is about infinite runs, and this one neither repeats anything nor stops for ever", "expected refuted, but " +
				"another is about infinite runs, and this one neither repeats anything nor stops for ever: the trace was truncated or altered, or the model has changed"},
		{"proof by example", two, exclusion, held, model.Proved, model.Unknown, "", "no trace can show that belief-exclusion is proved"},
		{"refuted witness", two, reached, held, model.Refuted, model.Unknown, "", "no trace can show that held is refuted"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tr := record(t, c.sys, c.script)
			tr.Property, tr.Expect = c.p.Name, c.expect
			verdict, why, err := traces.Judge(tr, c.sys, c.p)
			got := []string{verdict.String(), why, ""}
			if err != nil {
				got[2] = err.Error()
			}
			if diff := cmp.Diff([]string{c.verdict.String(), c.why, c.err}, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}

	tr := record(t, two, twoBelievers)
	if _, _, err := traces.Judge(tr, two, reached); err == nil {
		t.Error("judged by another property than its own")
	}
	tr.Lines = slices.Delete(tr.Lines, 1, 2)
	if v, _, err := traces.Judge(tr, two, exclusion); err == nil || v != model.Unknown {
		t.Errorf("with a line taken out: %v, %v", v, err)
	}
}
