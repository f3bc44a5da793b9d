package model_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/lockstep-prover/lockstep/model"
)

func conform(s *model.System) error {
	return model.Conform(s, rand.New(rand.NewPCG(1, 2)).IntN, 200)
}

func TestConformAcceptsTheExample(t *testing.T) {
	if err := conform(toolSystem()); err != nil {
		t.Fatal(err)
	}
}

// broken is a machine that breaks one rule of the contract at a time.
type broken struct {
	fault string
	n     int
	peer  model.ID
	log   []int
	world *int // what a machine must not have: something outside its state
}

type tick struct{ n int }

func (tick) String() string { return "tick" }

func (b *broken) Actions(dst []model.Event) []model.Event {
	switch b.fault {
	case "two actions of one text":
		dst = append(dst, tick{1}, tick{2})
	case "actions that change":
		*b.world++
		dst = append(dst, text{string(rune('a' + *b.world%2))})
	case "a hidden state":
		dst = append(dst, text{string(rune('a' + b.n))})
	default:
		dst = append(dst, tick{})
	}
	return dst
}

type text struct{ s string }

func (t text) String() string { return t.s }

func (b *broken) Step(_ model.ID, _ model.Event, out *model.Out) {
	*b.world++
	switch b.fault {
	case "a shared slice":
		b.log[0] = (b.log[0] + 1) % 3
	case "a result of chance":
		b.n = *b.world % 5
	case "effects of chance":
		out.Observe(tick{*b.world})
	case "a hidden counter":
		b.n = 1 - b.n
		out.Observe(tick{b.n})
	case "a secret preference":
		if b.peer == 1 {
			b.n = 1
		}
	default:
		b.n = (b.n + 1) % 3
	}
}

func (b *broken) Clone() model.Machine { c := *b; return &c }

func (b *broken) AppendState(dst []byte) []byte {
	if b.fault == "a hidden state" || b.fault == "a hidden counter" {
		return dst
	}
	dst = model.AppendInt(dst, b.n)
	for _, n := range b.log {
		dst = model.AppendInt(dst, n)
	}
	return dst
}

// mute is a machine that says it takes nothing.
type mute struct{ *broken }

func (m mute) Clone() model.Machine    { return mute{m.broken.Clone().(*broken)} }
func (mute) Vocabulary() []model.Event { return nil }

func TestConformObjects(t *testing.T) {
	for fault, want := range map[string]string{
		"a word of its own":       "tick (model_test.tick) is not in its vocabulary",
		"two actions of one text": `two enabled actions read "tick"`,
		"actions that change":     "Actions gives",
		"a hidden state":          "one encoding",
		"a hidden counter":        "leads to two results",
		"a shared slice":          "stepping a clone changed the original",
		"a result of chance":      "two clones ended in different states",
		"effects of chance":       "two clones had different effects",
		"a secret preference":     "is no symmetry",
	} {
		t.Run(fault, func(t *testing.T) {
			world := 0
			member := func(name string, peer model.ID) model.Member {
				var m model.Machine = &broken{fault: fault, peer: peer, log: []int{0}, world: &world}
				if fault == "a word of its own" {
					m = mute{m.(*broken)}
				}
				return model.Member{Name: name, Machine: m}
			}
			sys, err := model.Compose(member("one", 1), member("two", 0))
			if err != nil {
				t.Fatal(err)
			}
			if fault == "a secret preference" {
				sys.Symmetry = model.Symmetry{{{0}, {1}}}
			}
			if err := conform(sys); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("a machine with %s: error %v; want one that says %q", fault, err, want)
			}
		})
	}
}

func TestConformObjectsToABadDeclaration(t *testing.T) {
	for name, symmetry := range map[string]model.Symmetry{
		"columns of 1 and 2 machines":                     {{{1}, {2, 0}}},
		"is not there, or named twice":                    {{{1}, {7}}},
		"machine 1 is not there, or named":                {{{1}, {1}}},
		"the symmetry maps a *model_test.worker to shelf": {{{0}, {1}}},
	} {
		sys := toolSystem()
		sys.Symmetry = symmetry
		if err := conform(sys); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("symmetry %v: error %v; want one that says %q", symmetry, err, name)
		}
	}
}
