package schedule_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/prover/schedule"
)

type word string

func (w word) String() string { return string(w) }

// candle burns down by itself, from the height it has; it may be blown out, and a candle that is cut leaves the model.
type candle struct {
	height  int
	refuses bool // to burn: somebody else has to refuse for it, so it asks itself
	cuts    bool
}

func (c *candle) Actions(dst []model.Event) []model.Event {
	if c.height > 0 {
		dst = append(dst, word("burn"))
	}
	return dst
}

func (c *candle) Step(_ model.ID, _ model.Event, out *model.Out) {
	switch {
	case c.refuses:
		out.Refuse()
	case c.cuts && c.height == 1:
		out.Cut("darkness")
	default:
		c.height--
		out.Observe(word("flicker"))
	}
}

func (c *candle) Clone() model.Machine          { d := *c; return &d }
func (c *candle) AppendState(dst []byte) []byte { return model.AppendInt(dst, c.height) }

// audience does not want to see the third flicker.
type audience struct{ seen int }

func (a *audience) Actions(dst []model.Event) []model.Event { return dst }
func (a *audience) Step(_ model.ID, _ model.Event, out *model.Out) {
	if a.seen++; a.seen == 3 {
		out.Violate("the third flicker")
	}
}
func (a *audience) Clone() model.Machine          { d := *a; return &d }
func (a *audience) AppendState(dst []byte) []byte { return model.AppendInt(dst, a.seen) }

func candles(t *testing.T, all ...*candle) *model.System {
	t.Helper()
	var members []model.Member
	for i, c := range all {
		members = append(members, model.Member{Name: "candle/" + string(rune('a'+i)), Machine: c})
	}
	sys, err := model.Compose(members...)
	if err != nil {
		t.Fatal(err)
	}
	return sys
}

func height(v model.View) int { return v[0].(*candle).height }

func TestEachKindOfPropertyFailsTheTest(t *testing.T) {
	sys := candles(t, &candle{height: 4}, &candle{refuses: true, height: 9})
	for _, c := range []struct {
		property model.Property
		steps    int
		says     string
	}{
		{model.Property{Name: "tall", Kind: model.Invariant, Holds: func(v model.View) bool { return height(v) > 2 }}, 9,
			"tall does not hold, after 2 steps"},
		{model.Property{Name: "calm", Kind: model.Monitored, Monitor: &audience{}}, 9,
			"calm does not hold: the third flicker, after 3 steps"},
		{model.Property{Name: "lively", Kind: model.DeadlockFree}, 9,
			"lively does not hold: no machine can act, after 4 steps"},
		{model.Property{Name: "small", Kind: model.Invariant, Holds: func(v model.View) bool { return height(v) < 4 }}, 9,
			"in the initial state: small does not hold"},
		{model.Property{Name: "dark", Kind: model.Reachable, Holds: func(v model.View) bool { return height(v) == 0 }}, 9,
			`property "dark" is of a kind that no run of finite length refutes`},
		{model.Property{Name: "in-the-end", Kind: model.Eventually, Holds: func(v model.View) bool { return height(v) == 0 }}, 9,
			`property "in-the-end" is of a kind that no run of finite length refutes`},
		{model.Property{Name: "vague", Kind: model.Invariant}, 9, `property "vague" does not say what holds`},
		{model.Property{Name: "deaf", Kind: model.Monitored}, 9, `property "deaf" has no monitor`},
	} {
		said := judge(t, 1, func(t *rapid.T) { schedule.Run(t, sys, c.steps, c.property) })
		if !strings.Contains(said, c.says) {
			t.Errorf("%s: not %q, but\n%s", c.property.Name, c.says, said)
		}
	}
	if said := judge(t, 1, func(t *rapid.T) { schedule.Run(t, sys, 9) }); !strings.Contains(said, "there is no property") {
		t.Errorf("without a property:\n%s", said)
	}
}

// A run ends where nothing is enabled, after the steps asked for, and where the model is cut; what a machine refuses is never drawn.
func TestARunEnds(t *testing.T) {
	for _, c := range []struct {
		name  string
		sys   *model.System
		steps int
		want  int
		cut   string
	}{
		{"nothing is enabled", candles(t, &candle{height: 4}, &candle{}), 9, 4, ""},
		{"the rest is refused", candles(t, &candle{height: 4}, &candle{height: 1, refuses: true}), 9, 4, ""},
		{"enough", candles(t, &candle{height: 4}, &candle{height: 4}), 5, 5, ""},
		{"cut", candles(t, &candle{height: 4, cuts: true}), 9, 4, "darkness"},
		{"nothing ever", candles(t, &candle{}), 9, 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				steps, cut := 0, ""
				for _, step := range schedule.Draw(t, c.sys, c.steps) {
					steps, cut = steps+1, step.Cut
				}
				if steps != c.want || cut != c.cut {
					t.Fatalf("%d steps, cut %q; want %d, %q", steps, cut, c.want, c.cut)
				}
			})
		})
	}
}

// What is to be seldom is, and what is the only thing enabled is taken none the less.
func TestSeldom(t *testing.T) {
	sys := candles(t, &candle{height: 1000}, &candle{height: 1000})
	options := schedule.Options{Seldom: func(a model.Action) bool { return a.Machine == 1 }}
	taken := rapid.Custom(func(t *rapid.T) int {
		n := 0
		for _, step := range options.Draw(t, sys, 900) {
			n += int(step.Action.Machine)
		}
		return n
	}).Example(1)
	if taken < 50 || taken > 150 { // 1 in 9: 100, and a standard deviation below 10
		t.Errorf("the seldom action was taken %d times of 900", taken)
	}
	alone := candles(t, &candle{}, &candle{height: 7})
	rapid.Check(t, func(t *rapid.T) {
		n := 0
		for range options.Draw(t, alone, 9) {
			n++
		}
		if n != 7 {
			t.Fatalf("%d steps of 7", n)
		}
	})
}
