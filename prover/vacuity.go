package prover

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/lockstep-prover/lockstep/model"
)

// Vacuity says what had no part in an exploration, so that a proof may be worth less than it seems. A thing is what may or may
// not happen in a system: an action being taken, an input having an effect, a timer firing, a monitor hearing something; by
// machine, where those that a declared symmetry interchanges count as one, and by class of events ([model.ClassOf]).
//
// It is read off the local transitions that were worked out. Those include some that are no part of a step in the end:
// of steps that another machine refused after that, and what partial-order reduction tried. So little may be missing from
// Never, but nothing is in it wrongly: what it names did not happen in any reachable step.
type Vacuity struct {
	Never []Never  // nil unless the exploration came to its end without a cut; by machine
	Met   []string // the things that were met, sorted
}

// Never is one thing that never happened: Who How What, "link/*" "never meets" "heal (network.Heal)".
type Never struct {
	Thing          string // under which other explorations of systems of the same family know it
	Who, How, What string // What may be ""
}

// Vacuous sums up explorations, of one system or of a family with different parameters: in sentences, what never happened
// in one that came to its end, and was met in none.
func Vacuous(results ...Result) []string {
	met := map[string]bool{}
	for _, r := range results {
		for _, thing := range r.Vacuity.Met {
			met[thing] = true
		}
	}
	var all []string
	sentences := map[string]int{}
	for _, r := range results {
		for _, n := range r.Vacuity.Never {
			if met[n.Thing] {
				continue
			}
			met[n.Thing] = true // once is enough
			start := n.Who + " " + n.How
			if i, ok := sentences[start]; ok {
				all[i] += ", " + n.What
				continue
			}
			sentences[start] = len(all)
			all = append(all, strings.TrimSuffix(start+" "+n.What, " "))
		}
	}
	return all
}

// vacuity is the account of an exploration that is over.
func (e *exploration) vacuity(exhausted bool) Vacuity {
	a := &account{tabs: e.tabs, roles: newRoles(e.system), impossible: map[*result]bool{}, classes: map[model.Event]string{}}
	a.weed()
	var v Vacuity
	for _, r := range a.roles.all {
		a.judge(r, &v)
	}
	slices.Sort(v.Met)
	v.Met = slices.Compact(v.Met)
	if !exhausted {
		v.Never = nil
	}
	return v
}

// account is what is known of local transitions.
type account struct {
	tabs       *tables
	roles      *roles
	impossible map[*result]bool       // neither refused nor cut by itself, but in no step that comes to its end
	classes    map[model.Event]string // memo of ClassOf
}

// weed finds the results that are in no step that comes to its end: one of their sends is taken by no local state of the receiver, or
// nothing sends what they take. What is left is more than what happens in such steps, never less.
func (a *account) weed() {
	for before := -1; before < len(a.impossible); {
		before = len(a.impossible)
		sent, taken := make([][]bool, len(a.tabs.machines)), make([][]bool, len(a.tabs.machines)) // by machine and input
		for m, l := range a.tabs.machines {
			sent[m], taken[m] = make([]bool, l.inputsLen()), make([]bool, l.inputsLen())
		}
		note := func(r *result) {
			for _, d := range r.sends {
				sent[d.to][d.input] = sent[d.to][d.input] || a.possible(r)
			}
		}
		for m, l := range a.tabs.machines {
			l.each(func(_ model.Event, r *result, _ uint32) { note(r) }, func(input int, r *result, _ uint32) {
				note(r)
				taken[m][input] = taken[m][input] || a.possible(r)
			})
		}
		look := func(r *result, comes bool) {
			if a.possible(r) && (!comes || slices.ContainsFunc(r.sends, func(d send) bool { return !taken[d.to][d.input] })) {
				a.impossible[r] = true
			}
		}
		for m, l := range a.tabs.machines {
			l.each(func(_ model.Event, r *result, _ uint32) { look(r, true) }, func(input int, r *result, _ uint32) { look(r, sent[m][input]) })
		}
	}
}

func (a *account) possible(r *result) bool { return !r.refused && r.cut == "" && !a.impossible[r] }

// each calls act and take for every local transition that was worked out, with the local state that it begins in.
func (l *locals) each(act func(e model.Event, r *result, from uint32), take func(input int, r *result, from uint32)) {
	for id, s := range *l.list.Load() {
		for k := range s.acts {
			if r := s.acts[k].Load(); r != nil {
				act(s.events[k], r, uint32(id))
			}
		}
		takes := *s.takes.Load()
		for i := range takes {
			if r := takes[i].Load(); r != nil {
				take(i, r, uint32(id))
			}
		}
	}
}

func (a *account) class(e model.Event) string {
	c, ok := a.classes[e]
	if !ok {
		c = model.ClassOf(e)
		a.classes[e] = c
	}
	return c
}

// thing is what is known of one class of actions or inputs of a role.
type thing struct {
	class   string
	name    string // the class, for people
	sender  string // of an input
	tick    bool   // the question of the clock, which leaves an urgent machine as it is
	met     bool   // in a step that was not refused
	effect  bool   // it has changed the machine, sent something, or was an objection or a refusal
	refused bool   // by this machine or, at the end of that step, another one
}

// deeds is what is known of a role.
type deeds struct {
	acts, takes map[string]*thing // by class; by class and sender
	armed       bool              // a timer was
	ticking     bool              // it was, and not as a deadline, which never fires
}

// collect adds up what the machines of a role did.
func (a *account) collect(r *role) *deeds {
	d := &deeds{acts: map[string]*thing{}, takes: map[string]*thing{}}
	for _, id := range r.machines {
		l := a.tabs.machines[id]
		inputs := a.inputs(l, d)
		l.each(func(e model.Event, r *result, from uint32) {
			t := d.acts[a.class(e)]
			if t == nil {
				t = &thing{class: a.class(e), name: a.nameOf(e)}
				d.acts[a.class(e)] = t
			}
			t.add(a, r, from)
		}, func(input int, r *result, from uint32) {
			inputs[input].add(a, r, from)
			if w, ok := model.Arming(a.tabs.messages[(*l.inputs.Load())[input]].event); ok && a.possible(r) {
				d.armed = true
				d.ticking = d.ticking || w.Earliest != model.Forever
			}
		})
	}
	return d
}

// inputs returns the things that a machine's inputs are, by their numbers.
func (a *account) inputs(l *locals, d *deeds) []*thing {
	var all []*thing
	for _, number := range *l.inputs.Load() {
		m := a.tabs.messages[number]
		sender := a.roles.of[m.from].name
		key := a.class(m.event) + " from " + sender
		if d.takes[key] == nil {
			_, tick := m.event.(model.Tick)
			d.takes[key] = &thing{class: a.class(m.event), name: a.nameOf(m.event), sender: sender, tick: tick}
		}
		all = append(all, d.takes[key])
	}
	return all
}

func (t *thing) add(a *account, r *result, from uint32) {
	t.refused = t.refused || !a.possible(r)
	t.met = t.met || a.possible(r)
	t.effect = t.effect || !a.possible(r) || r.next != from || len(r.sends) > 0 || r.violation != ""
}

// nameOf names the class of an event for people: where it has no more than one event, by the text too.
func (a *account) nameOf(e model.Event) string {
	if t := reflect.TypeOf(e); t.Kind() != reflect.Struct {
		return e.String()
	} else if t.NumField() == 0 {
		return fmt.Sprintf("%v (%s)", e, a.class(e))
	}
	return a.class(e)
}

// judge adds what there is to say of a role.
func (a *account) judge(r *role, v *Vacuity) {
	d := a.collect(r)
	say := func(thing string, met bool, how, what string) {
		if thing = r.name + " " + thing; met {
			v.Met = append(v.Met, thing)
		} else {
			v.Never = append(v.Never, Never{thing, r.name, how, what})
		}
	}
	acts, takes := has(d.acts, (*thing).isMet), has(d.takes, (*thing).isMet)
	switch r.kind {
	case aTimer:
		if say("is armed", d.armed, "is never armed", ""); acts || d.ticking {
			say("fires", acts, "is armed and never fires", "")
		}
	case aMonitor:
		if say("hears", takes, "hears nothing, so its verdict says nothing", ""); takes {
			say("moves", has(d.takes, (*thing).hasEffect), "hears things, stays as it was and objects to nothing, so its verdict may say nothing", "")
		}
	default:
		a.judgeMember(r, d, say)
	}
}

// judgeMember does so for a machine that is no timer and no monitor.
func (a *account) judgeMember(r *role, d *deeds, say func(thing string, met bool, how, what string)) {
	busy := has(d.acts, (*thing).isMet) || has(d.takes, (*thing).hasEffect)
	say("does", busy, "does nothing: no action, and no input that changes it or that it answers", "")
	var meets []string
	for _, class := range slices.Sorted(maps.Keys(d.acts)) {
		meets = append(meets, class)
		say("takes "+class, d.acts[class].met, "is refused whenever it offers", d.acts[class].name)
	}
	for _, key := range slices.Sorted(maps.Keys(d.takes)) {
		t := d.takes[key]
		if !t.met && !t.refused { // sent in steps that were over before it came
			continue
		}
		meets = append(meets, t.class)
		if busy && !t.tick {
			say("heeds "+key, t.effect, "ignores", t.name+" from "+t.sender)
		}
	}
	if speaker, ok := a.tabs.system.Initial(r.machines[0]).(model.Vocabulary); ok && busy {
		for _, e := range speaker.Vocabulary() {
			switch e.(type) {
			case model.Pause, model.Resume, model.Crash: // the budget, and so the action to tell of, is another machine's
				continue
			}
			class := model.ClassOf(e)
			met := slices.ContainsFunc(meets, func(m string) bool { return model.Includes(class, m) })
			say("meets "+class, met, "never meets", a.nameOf(e))
		}
	}
}

func (t *thing) isMet() bool     { return t.met }
func (t *thing) hasEffect() bool { return t.effect }

func has(things map[string]*thing, what func(*thing) bool) bool {
	for _, t := range things {
		if what(t) {
			return true
		}
	}
	return false
}
