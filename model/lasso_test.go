package model_test

import (
	"strings"
	"testing"

	"github.com/lockstep-prover/lockstep/model"
)

// clock counts 0, 1, 2, 1, 2, …; at 1 it can strike, which changes nothing, and at 2 it can break, where the model ends.
type clock struct{ n int }

func (c *clock) Actions(dst []model.Event) []model.Event {
	dst = append(dst, text{"tick"})
	switch c.n {
	case 1:
		dst = append(dst, text{"strike"})
	case 2:
		dst = append(dst, text{"break"})
	}
	return dst
}

func (c *clock) Step(_ model.ID, e model.Event, out *model.Out) {
	switch e.String() {
	case "tick":
		c.n = c.n%2 + 1
	case "break":
		out.Cut("broken")
	}
}

func (c *clock) Clone() model.Machine          { d := *c; return &d }
func (c *clock) AppendState(dst []byte) []byte { return model.AppendInt(dst, c.n) }

// What makes a run with a cycle a counterexample, each condition alone missing once.
func TestCheckLasso(t *testing.T) {
	at := func(n ...int) func(model.View) bool {
		return func(v model.View) bool {
			for _, k := range n {
				if v[0].(*clock).n == k {
					return true
				}
			}
			return false
		}
	}
	tick := model.Fairness{Class: func(e model.Event) bool { return e.String() == "tick" }}
	strike := model.Fairness{Class: func(e model.Event) bool { return e.String() == "strike" }}
	surely := model.Fairness{Class: strike.Class, Strong: true}
	ever := func(holds func(model.View) bool) model.Property {
		return model.Property{Name: "p", Kind: model.Eventually, Holds: holds}
	}
	often := func(n int) model.Property {
		return model.Property{Name: "p", Kind: model.InfinitelyOften, Holds: at(n)}
	}
	leads := func(from, to int) model.Property {
		return model.Property{Name: "p", Kind: model.LeadsTo, When: at(from), Holds: at(to)}
	}
	for _, c := range []struct {
		about    string
		p        model.Property
		fairness []model.Fairness
		run      string // by first letters
		cycle    int
		want     string // in the error; "" for none
	}{
		{"a stop", ever(at(3)), nil, "", 0, ""},
		{"a stop where a fair class is enabled", ever(at(3)), []model.Fairness{tick}, "", 0, `all the time clock can do something weakly fair, such as "tick", and never does`},
		{"a stop where the fair class is not", ever(at(3)), []model.Fairness{strike}, "tt", 0, ""},
		{"a cycle", ever(at(3)), []model.Fairness{tick}, "ttt", 2, ""},
		{"weak fairness of what is not enabled throughout", ever(at(3)), []model.Fairness{tick, strike}, "ttt", 2, ""},
		{"strong fairness of it", ever(at(3)), []model.Fairness{tick, surely}, "ttt", 2, `in the cycle clock can do something strongly fair, such as "strike", and never does`},
		{"strong fairness that is obeyed", ever(at(3)), []model.Fairness{tick, surely}, "tstt", 3, ""},
		{"a step that changes nothing", ever(at(3)), []model.Fairness{strike}, "ts", 1, ""},
		{"a step that takes another class", ever(at(3)), []model.Fairness{tick}, "ts", 1, `weakly fair, such as "tick"`},
		{"kept at first", ever(at(0)), nil, "t", 0, "nothing is owed"},
		{"kept on the way", ever(at(1)), nil, "tt", 0, "nothing is owed"},
		{"kept in the cycle", often(1), nil, "tttt", 2, "kept inside the cycle"},
		{"kept once only", often(0), nil, "ttt", 2, ""},
		{"not asked for", leads(3, 0), nil, "t", 0, "nothing is owed"},
		{"asked for and not answered", leads(1, 0), nil, "tt", 0, ""},
		{"asked for and answered", leads(1, 2), nil, "tt", 0, "nothing is owed"},
		{"answered, then asked for", leads(2, 1), nil, "tt", 0, ""},
		{"no cycle", ever(at(3)), nil, "tt", 1, "does not end in the state"},
		{"beyond the model", ever(at(3)), nil, "ttb", 1, "the model is cut here"},
		{"not enabled", ever(at(3)), nil, "s", 0, "step 1"},
		{"a cycle longer than the run", ever(at(3)), nil, "t", 2, "a cycle of 2 steps in a run of 1"},
		{"another kind", model.Property{Name: "p", Holds: at(0)}, nil, "", 0, "no property of infinite runs"},
	} {
		sys, err := model.Compose(model.Member{Name: "clock", Machine: &clock{}})
		if err != nil {
			t.Fatal(err)
		}
		sys.Fairness = c.fairness
		var run []model.Action
		for _, letter := range c.run {
			run = append(run, model.Action{Event: text{map[rune]string{'t': "tick", 's': "strike", 'b': "break"}[letter]}})
		}
		if err := sys.CheckLasso(c.p, run, c.cycle); (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %q", c.about, err, c.want)
		}
	}
}
