package spec

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/broker"
)

// PromiseRow is what one lock promises with one choice of its own parameters, as SPEC.md claims it.
type PromiseRow struct {
	Lock   string
	Choice []Setting // those of its own parameters that its rows differ in
	Cells  []string  // for each of [Promises]' columns; "": the lock has no such property
}

// surroundings are the parameters of every lock that are no choice of its own.
var surroundings = []string{"clients", "reconnect", "heartbeat", "reset", "blackhole", "crash", "pause", "opening", "profile", "grain", "slots", "rounds"}

// Circumstance is what may befall the clients of a lock while something is promised.
type Circumstance struct {
	Name     string // "" is nothing
	Settings []Setting
}

// Circumstances are those that a cell of [Promises] is about.
func Circumstances() []Circumstance {
	of := func(name string, fault ...string) Circumstance {
		faults := map[string]string{"reset": "0", "blackhole": "0", "crash": "0", "pause": "0", "heartbeat": "true"}
		for pair := range slices.Chunk(fault, 2) {
			faults[pair[0]] = pair[1]
		}
		c := Circumstance{Name: name}
		for _, key := range slices.Sorted(maps.Keys(faults)) {
			c.Settings = append(c.Settings, Setting{key, faults[key]})
		}
		return c
	}
	return []Circumstance{
		of(""), of("crash", "crash", "1"), of("reset", "reset", "1"), of("black hole", "blackhole", "1"), of("pause", "pause", "1"),
		of("silence", "blackhole", "1", "heartbeat", "false"),
	}
}

// Promises returns what every lock on AMQP promises: the properties that they are about, and a row for each lock and choice of its own parameters that its
// default cases make, with more clients than slots.
//
// A cell is "yes"; "no", which takes no fault; or "no after" what it takes, where "loss" is a reset, or with heartbeats a black hole or a pause,
// "silence" a black hole without heartbeats, and "reconnecting" says that the driver does so on its own. Where RabbitMQs differ, what differs from 3.10 follows.
func Promises() (columns []Property, rows []PromiseRow) {
	for _, l := range locks() {
		e := l.entry()
		for _, p := range e.Properties {
			if !strings.HasPrefix(p.Clause, "P-") || slices.ContainsFunc(columns, func(c Property) bool { return c.Name == p.Name }) {
				continue
			}
			columns = append(columns, p)
		}
	}
	slices.SortStableFunc(columns, func(x, y Property) int { return cmp.Compare(clauseNumber(x.Clause), clauseNumber(y.Clause)) })
	for _, l := range locks() {
		e := l.entry()
		choices := e.ownChoices()
		for _, c := range choices {
			row := PromiseRow{Lock: e.Name}
			row.Choice = slices.DeleteFunc(slices.Clone(c), func(s Setting) bool {
				return !slices.ContainsFunc(choices, func(o Settings) bool { return o.Value(s.Name) != s.Value })
			})
			for _, column := range columns {
				i := slices.IndexFunc(e.Properties, func(p Property) bool { return p.Name == column.Name })
				if i < 0 {
					row.Cells = append(row.Cells, "")
					continue
				}
				row.Cells = append(row.Cells, e.cell(c, e.Properties[i]))
			}
			rows = append(rows, row)
		}
	}
	return columns, rows
}

func clauseNumber(clause string) (n int) {
	_, _ = fmt.Sscanf(clause, "P-%d", &n)
	return n
}

// ownChoices are the choices of an entry's own parameters that its default cases make, each once.
func (e *Entry) ownChoices() (all []Settings) {
	cases, err := e.Choices()
	if err != nil {
		panic("spec: " + err.Error())
	}
	for _, s := range cases {
		own := s.Own()
		if !slices.ContainsFunc(all, func(o Settings) bool { return slices.Equal(o, own) }) {
			all = append(all, own)
		}
	}
	return all
}

// Own returns the settings that are a lock's own choice, without how many clients and slots there are and what happens to them.
func (s Settings) Own() Settings {
	return slices.DeleteFunc(slices.Clone(s), func(p Setting) bool { return slices.Contains(surroundings, p.Name) })
}

// Crowded completes a choice of a lock's own parameters by more clients than it has slots.
func (e *Entry) Crowded(choice []Setting, more ...Setting) (Settings, error) {
	all := slices.Concat(choice, more)
	has := func(name string) bool {
		return slices.ContainsFunc(e.Parameters, func(p Parameter) bool { return p.Name == name })
	}
	switch {
	case has("auto-delete"), slices.ContainsFunc(all, func(s Setting) bool { return s.Name == "job" && s.Value != "none" }): // slots go, and some have to be left
		all = append(all, Setting{"slots", "2"}, Setting{"clients", "3"})
	case has("slots"):
		all = append(all, Setting{"slots", "1"}, Setting{"clients", "2"})
	}
	return e.Settings(all...)
}

func (e *Entry) cell(choice Settings, p Property) string {
	var verdicts []string
	for _, profile := range broker.ProfileNames() {
		verdicts = append(verdicts, e.verdict(choice, p, profile))
	}
	text := verdicts[0]
	for i, v := range verdicts[1:] {
		if v != verdicts[i] {
			text += "; " + strings.TrimPrefix(broker.ProfileNames()[i+1], "rabbitmq-") + ": " + v
		}
	}
	return text
}

func (e *Entry) verdict(choice Settings, p Property, profile string) string {
	refuted := [2]map[string]bool{{}, {}}
	for i, reconnect := range []string{"false", "true"} {
		for _, c := range Circumstances() {
			s, err := e.Crowded(choice, append(slices.Clip(c.Settings), Setting{"reconnect", reconnect}, Setting{"profile", profile})...)
			if err != nil {
				panic("spec: " + err.Error())
			}
			refuted[i][c.Name] = p.Claim(s) == model.Refuted
		}
	}
	switch {
	case refuted[0][""]:
		return "no"
	case takes(refuted[0]) != "":
		return "no after " + takes(refuted[0])
	case takes(refuted[1]) != "":
		return "no after " + takes(refuted[1]) + ", reconnecting"
	}
	return "yes"
}

// takes names the circumstances that refute something.
func takes(refuted map[string]bool) string {
	var names []string
	for _, c := range Circumstances() {
		if refuted[c.Name] {
			names = append(names, c.Name)
		}
	}
	text := strings.Join(names, " or ")
	return strings.Replace(text, "reset or black hole or pause", "loss", 1)
}
