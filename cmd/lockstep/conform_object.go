package main

import (
	"fmt"
	"strings"

	"github.com/lockstep-prover/lockstep/live/conform"
)

// conformJSON is the object of `conform --json`.
type conformJSON struct {
	Schema        string           `json:"schema"` // "lockstep/conform/v1"
	Broker        string           `json:"broker"` // product and version
	Profile       string           `json:"profile"`
	Generator     string           `json:"generator"`
	Seed          uint64           `json:"seed"`
	Pipelined     int              `json:"pipelined"` // percent
	Sequences     int              `json:"sequences"`
	Operations    map[string]int   `json:"operations"` // by method; "drop" and "pause"
	Replies       map[string]int   `json:"replies"`    // by method
	Codes         map[string]int   `json:"codes"`      // by number
	Seconds       float64          `json:"seconds"`
	Unknown       int              `json:"unknown"`  // sequences
	Flaky         int              `json:"flaky"`    // differences that did not show again
	Repeated      int              `json:"repeated"` // differences that look like one of those listed
	Known         map[string]int   `json:"known"`    // differences that SPEC.md lists, by clause
	Differences   []differenceJSON `json:"differences"`
	FlakyExamples []differenceJSON `json:"flakyExamples"` // the first of them, as they were
}

type differenceJSON struct {
	Sequence int      `json:"sequence"`
	Script   string   `json:"script"`
	History  []string `json:"history"`  // its items, up to the one that the machine does not have
	Observed string   `json:"observed"` // that item
	Instead  []string `json:"instead"`  // what the machine has in place of it
}

func conformObject(r *conform.Report, o conformOptions) conformJSON {
	object := conformJSON{
		Schema: conformSchema, Broker: r.Broker, Profile: r.Profile.String(), Generator: o.generator, Seed: o.seed, Pipelined: o.pipelined,
		Sequences: r.Sequences, Operations: r.Operations, Replies: r.Replies, Codes: map[string]int{}, Seconds: r.Elapsed.Seconds(),
		Unknown: r.Unknown, Flaky: r.Flaky, Repeated: r.Repeated, Known: r.Known, Differences: differenceObjects(r.Differences), FlakyExamples: differenceObjects(r.FlakyExamples),
	}
	for code, n := range r.Codes {
		object.Codes[fmt.Sprint(uint16(code))] = n
	}
	return object
}

func differenceObjects(all []conform.Difference) []differenceJSON {
	objects := []differenceJSON{}
	for _, d := range all {
		j := differenceJSON{Sequence: d.Sequence, Script: d.Script(), Observed: d.Observed().String(), Instead: append([]string{}, d.Instead...)}
		for _, i := range d.History.Items[:d.Item+1] {
			j.History = append(j.History, i.String())
		}
		objects = append(objects, j)
	}
	return objects
}

// conformHistoryJSON is the object of `conform --history --json`.
type conformHistoryJSON struct {
	Schema    string       `json:"schema"` // "lockstep/conform/v1"
	Histories []judgedJSON `json:"histories"`
}

// judgedJSON is a history and what the machine says of it.
type judgedJSON struct {
	Number   int      `json:"number"` // in the file, from 1
	Profile  string   `json:"profile"`
	Items    int      `json:"items"`
	Verdict  string   `json:"verdict"`  // "admitted", "inadmissible" or "unknown"
	Item     int      `json:"item"`     // the first that is not admitted, or where it became unknown, from 1; else 0
	Observed string   `json:"observed"` // that item; else ""
	Instead  []string `json:"instead"`  // inadmissible: what the machine has in place of it
	Reason   string   `json:"reason"`   // unknown: why; else ""
}

// summary counts the verdicts.
func (o conformHistoryJSON) summary() string {
	counts := map[string]int{}
	for _, j := range o.Histories {
		counts[j.Verdict]++
	}
	var words []string
	for _, verdict := range []string{"admitted", "inadmissible", "unknown"} {
		if n := counts[verdict]; n > 0 {
			words = append(words, fmt.Sprintf("%d %s", n, verdict))
		}
	}
	return fmt.Sprintf("of %d recorded: %s", len(o.Histories), strings.Join(words, ", "))
}
