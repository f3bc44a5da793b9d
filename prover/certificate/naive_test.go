package certificate_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/prover/certificate"
)

// text is a certificate in pieces, so that tests can tamper with any.
type text struct {
	header []string // from the version to the symmetry
	log    []string
	states []string
}

// String is the file, with the right counts and the right sum.
func (c text) String() string {
	lines := slices.Concat(c.header, []string{fmt.Sprintf("log %d", len(c.log))}, c.log, []string{fmt.Sprintf("states %d", len(c.states))}, c.states)
	return seal(strings.Join(lines, "\n") + "\n")
}

// seal adds the line "end".
func seal(body string) string {
	sum := sha256.Sum256([]byte(body))
	return body + "end " + hex.EncodeToString(sum[:]) + "\n"
}

func (c text) clone() text {
	return text{slices.Clone(c.header), slices.Clone(c.log), slices.Clone(c.states)}
}

// stateLine is the number of the line that has state i.
func (c text) stateLine(i int) int { return len(c.header) + len(c.log) + 3 + i }

// naive writes certificates by walking through concrete states. It keeps numbers in maps by encoding, and steps each machine
// on its own to find out what the log has to say; that this comes to the same states as
// model.State is what TestTheNaiveWriter checks.
type naive struct {
	t        fataler
	sys      *model.System
	symmetry bool
	numbers  []map[string]int // by machine
	messages map[model.Delivery]int
	text     text
	steps    int64
	seen     map[string]bool
	order    []model.View // of the states in text
	queue    []model.View
}

type fataler interface {
	Helper()
	Fatal(args ...any)
}

// write certifies whatever is reachable, true or not. more are further states to go on from.
func write(t fataler, header []string, sys *model.System, properties []model.Property, symmetry bool, more ...model.View) (text, *naive) {
	t.Helper()
	w := &naive{t: t, symmetry: symmetry, messages: map[model.Delivery]int{}, seen: map[string]bool{}}
	w.text.header = append([]string{"lockstep certificate 1"}, header...)
	for _, p := range properties {
		w.text.header = append(w.text.header, "property: "+p.Name)
		if p.Kind == model.Monitored {
			var err error
			if sys, err = sys.With(model.Member{Name: p.MonitorName(), Machine: p.Monitor}); err != nil {
				t.Fatal(err)
			}
		}
	}
	w.text.header = append(w.text.header, "symmetry: "+map[bool]string{true: "yes", false: "no"}[symmetry])
	w.sys = sys
	first := sys.Start().View()
	for _, m := range first {
		w.numbers = append(w.numbers, map[string]int{string(m.AppendState(nil)): 0})
	}
	for _, v := range append([]model.View{first}, more...) {
		w.meet(v)
		w.explore()
	}
	return w.text, w
}

func (w *naive) explore() {
	for len(w.queue) > 0 {
		v := w.queue[0]
		w.queue = w.queue[1:]
		for m := range v {
			for k := range v[m].Actions(nil) {
				if next := w.step(v, m, k); next != nil {
					w.steps++
					w.meet(next)
				}
			}
		}
	}
}

// step takes one atomic step and writes what it brings up for the first time. It returns nil if the step is refused.
func (w *naive) step(v model.View, m, k int) model.View {
	next := slices.Clone(v)
	queue := []model.Delivery{{From: model.Self, To: model.ID(m), Event: v[m].Actions(nil)[k]}}
	for i := 0; i < len(queue); i++ {
		d := queue[i]
		from := w.numbers[d.To][string(next[d.To].AppendState(nil))]
		line := fmt.Sprintf("step %d %d own %d", d.To, from, k)
		if i > 0 {
			line = fmt.Sprintf("step %d %d input %d", d.To, from, w.messages[model.Delivery{From: d.From, Event: d.Event}])
		}
		var out model.Out
		machine := next[d.To].Clone()
		machine.Step(d.From, d.Event, &out)
		switch {
		case out.Refused():
			return nil
		case out.CutReason() != "":
			w.t.Fatal("cut: " + out.CutReason())
		}
		isNew := w.number(int(d.To), machine)
		sent := len(queue)
		for _, e := range out.Effects() {
			queue = w.sys.Route(queue, d.To, e)
		}
		for _, s := range queue[sent:] {
			key := model.Delivery{From: s.From, Event: s.Event}
			if _, known := w.messages[key]; !known {
				w.messages[key] = len(w.messages)
				isNew = true
			}
		}
		if isNew {
			w.text.log = append(w.text.log, line)
		}
		next[d.To] = machine
	}
	return next
}

func (w *naive) number(m int, machine model.Machine) bool {
	key := string(machine.AppendState(nil))
	_, known := w.numbers[m][key]
	if !known {
		w.numbers[m][key] = len(w.numbers[m])
	}
	return !known
}

// meet adds a state, or under symmetry the image with the greatest encoding, which is seldom the state itself.
func (w *naive) meet(v model.View) {
	best, which := v, 0
	if w.symmetry {
		p := 0
		for to := range w.sys.Symmetry.Permutations(len(v)) {
			if image := model.Permute(v, to); encode(image) > encode(best) {
				best, which = image, p
			}
			p++
		}
	}
	if w.seen[encode(best)] {
		return
	}
	w.seen[encode(best)] = true
	w.queue, w.order = append(w.queue, best), append(w.order, best)
	if which > 0 {
		w.images(v, which)
	}
	var numbers []string
	for m, machine := range best {
		n, known := w.numbers[m][string(machine.AppendState(nil))]
		if !known {
			w.t.Fatal("the test's writer has no number for a local state")
		}
		numbers = append(numbers, fmt.Sprint(n))
	}
	w.text.states = append(w.text.states, strings.Join(numbers, " "))
}

// images numbers the image of each machine under the permutation p.
func (w *naive) images(v model.View, p int) {
	at := 0
	for to := range w.sys.Symmetry.Permutations(len(v)) {
		if at == p {
			for m, machine := range v {
				from := w.numbers[m][string(machine.AppendState(nil))]
				if w.number(int(to[m]), model.Rename(machine, model.Renaming(to))) {
					w.text.log = append(w.text.log, fmt.Sprintf("image %d %d %d", m, from, p))
				}
			}
		}
		at++
	}
}

func encode(v model.View) string {
	var b []byte
	for _, m := range v {
		b = model.AppendString(b, string(m.AppendState(nil)))
	}
	return string(b)
}

// reachable is a second, separate way to the reachable states: model.State, with none of the writer's own stepping.
func reachable(sys *model.System) map[string]model.View {
	first := sys.Start()
	all := map[string]model.View{encode(first.View()): first.View()}
	for level := []*model.State{first}; len(level) > 0; {
		var next []*model.State
		for _, st := range level {
			for _, a := range st.Actions(nil) {
				succ := st.Clone()
				succ.Step(a)
				if key := encode(succ.View()); all[key] == nil {
					all[key] = succ.View()
					next = append(next, succ)
				}
			}
		}
		level = next
	}
	return all
}

// check reads and checks a certificate.
func check(c string, sys *model.System, properties ...model.Property) (certificate.Report, error) {
	opened, err := certificate.Open(strings.NewReader(c))
	if err != nil {
		return certificate.Report{}, err
	}
	return opened.Check(context.Background(), sys, properties)
}
