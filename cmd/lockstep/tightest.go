package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/prover"
	"github.com/lockstep-prover/lockstep/spec"
)

// tightestJSON is the object of `prove --tightest --json`.
type tightestJSON struct {
	Schema  string      `json:"schema"` // "lockstep/tightest/v1"
	Results []tightJSON `json:"results"`
}

// tightJSON is the least bound of one property for one choice of the other parameters.
type tightJSON struct {
	System     string         `json:"system"`
	Parameters map[string]any `json:"parameters"` // all but the bound
	Property   string         `json:"property"`
	Clause     string         `json:"clause"`          // of SPEC.md
	Bound      string         `json:"bound"`           // the parameter that bounds it
	Verdict    string         `json:"verdict"`         // "proved": there is a least bound; "refuted": none up to the largest; "unknown"
	Reason     string         `json:"reason"`          // why it is unknown; else ""
	Least      *int64         `json:"least,omitempty"` // the least bound that holds, if it is proved
	Fails      *int64         `json:"fails,omitempty"` // the largest bound tried that is refuted
	Length     *int           `json:"length,omitempty"`
	Trace      string         `json:"trace,omitempty"` // the path of the trace that refutes it
	AsClaimed  bool           `json:"as_claimed"`      // every verdict on the way was the claimed one
	Tried      int            `json:"tried"`           // explorations
	Seconds    float64        `json:"seconds"`
}

// bounded is a search to make: the choices that differ in nothing but the bound.
type bounded struct {
	entry    *spec.Entry
	bound    spec.Bound
	settings spec.Settings // the value of the bound is of no meaning
	with     func(bound int64) *choice
	bounds   prover.Bounds
}

// boundedOf lists the searches that the planned choices ask for, each once.
func boundedOf(systems [][]*choice, set []spec.Setting) ([]*bounded, error) {
	var all []*bounded
	for _, choices := range systems {
		for _, c := range choices {
			for _, b := range c.entry.Bounds {
				if !slices.ContainsFunc(c.claims, func(k spec.Claim) bool { return k.Name == b.Property }) {
					continue
				}
				if slices.ContainsFunc(set, func(s spec.Setting) bool { return s.Name == b.Parameter }) {
					return nil, fmt.Errorf("--tightest looks for %s, which --set sets", b.Parameter)
				}
				s := newBounded(c, b)
				if !slices.ContainsFunc(all, func(o *bounded) bool { return o.is(s) }) {
					all = append(all, s)
				}
			}
		}
	}
	if all == nil {
		return nil, fmt.Errorf("--tightest is for properties with a bound; there are: %s", boundedProperties())
	}
	return all, nil
}

func newBounded(c *choice, b spec.Bound) *bounded {
	i := slices.IndexFunc(c.entry.Parameters, func(p spec.Parameter) bool { return p.Name == b.Parameter })
	s := &bounded{entry: c.entry, bound: b, settings: slices.Clone(c.settings)}
	s.settings[i].Value = c.entry.Parameters[i].Default
	s.with = func(bound int64) *choice {
		settings := slices.Clone(s.settings)
		settings[i].Value = strconv.FormatInt(bound, 10)
		return must(newChoice(s.entry, settings, []string{b.Property}))
	}
	p := c.entry.Parameters[i]
	s.bounds = prover.Bounds{Least: int64(p.Min), Most: int64(p.Max), Step: int64(b.Step(s.settings))}
	return s
}

func (s *bounded) is(o *bounded) bool {
	return s.entry.Name == o.entry.Name && s.bound.Property == o.bound.Property && slices.Equal(s.settings, o.settings)
}

func boundedProperties() string {
	var names []string
	for _, e := range spec.Catalogue() {
		for _, b := range e.Bounds {
			names = append(names, b.Property+" of "+e.Name)
		}
	}
	return strings.Join(names, ", ")
}

// tightest searches the least bounds and prints them.
func (c *console) tightest(ctx context.Context, o proveOptions, options prover.Options, systems [][]*choice, set []spec.Setting, store *store) error {
	searches, err := boundedOf(systems, set)
	if err != nil {
		return failed(wrongUsage, err)
	}
	all := tightestJSON{Schema: tightestSchema, Results: []tightJSON{}}
	ending := asClaimed
	var last *bounded
	var wrong error // the first about a file
	for _, s := range searches {
		if !o.asJSON && (last == nil || last.entry.Name != s.entry.Name) {
			c.printf("%s  %s\n\n", paint(c.color(), bold, s.entry.Name), s.entry.Summary)
		}
		last = s
		r, err := s.search(ctx, options, o.timeout, store)
		wrong = cmp.Or(wrong, err)
		switch {
		case !r.AsClaimed:
			ending = worse(ending, violated)
		case r.Verdict == model.Unknown.String():
			ending = worse(ending, undecided)
		}
		all.Results = append(all.Results, r)
		if !o.asJSON {
			c.printTight(s, r)
		}
	}
	if o.asJSON {
		c.printJSON(all)
	}
	if wrong = cmp.Or(wrong, store.err); wrong != nil {
		return failed(worse(ending, broken), wrong)
	}
	return failed(ending, nil)
}

// search finds one least bound, and keeps the trace that shows that it is. The error is about a file; the bound is unknown then.
func (s *bounded) search(ctx context.Context, options prover.Options, timeout time.Duration, store *store) (tightJSON, error) {
	start := time.Now()
	claim := s.with(s.bounds.Least).claims[0]
	r := tightJSON{
		System: s.entry.Name, Parameters: jsonParameters(s.entry, s.settings), Property: claim.Name, Clause: claim.Clause,
		Bound: s.bound.Parameter, AsClaimed: true,
	}
	delete(r.Parameters, s.bound.Parameter)
	if timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, timeout, fmt.Errorf("time bound %v reached", timeout))
		defer cancel()
	}
	tight, err := prover.Tightest(ctx, func(bound int64) (*model.System, model.Property, error) {
		c := s.with(bound)
		return c.system, c.claims[0].Property, nil
	}, s.bounds, options)
	if options.Spill == "" && err != nil {
		panic(fmt.Sprintf("lockstep: the catalogue's %s cannot be explored: %v", s.entry.Name, err))
	}
	if err != nil {
		r.Reason = err.Error()
	}
	r.Verdict, r.Tried, r.Seconds = tight.Verdict.String(), len(tight.Trials), time.Since(start).Seconds()
	for _, t := range tight.Trials {
		if t.Result.Verdict == model.Unknown {
			r.Reason = t.Result.Reason
		} else if t.Result.Verdict != s.with(t.Bound).claims[0].Claimed {
			r.AsClaimed = false
		}
	}
	if tight.Verdict == model.Proved {
		r.Least = &tight.Holds.Bound
	}
	if tight.Fails != nil {
		n := len(tight.Fails.Result.Trace)
		r.Fails, r.Length = &tight.Fails.Bound, &n
		r.Trace = store.keep(s.with(tight.Fails.Bound), []prover.Result{tight.Fails.Result})[0]
	}
	return r, err
}

// printTight prints one result.
func (c *console) printTight(s *bounded, r tightJSON) {
	others := slices.DeleteFunc(slices.Clone(s.settings), func(v spec.Setting) bool { return v.Name == s.bound.Parameter })
	c.printf("  %v\n", others)
	switch r.Verdict {
	case model.Proved.String():
		c.printf("    %s (%s) holds from %s on", r.Property, r.Clause, paint(c.color(), green, fmt.Sprintf("%s=%d", r.Bound, *r.Least)))
	case model.Refuted.String():
		c.printf("    %s (%s) %s, not even for %s=%d", r.Property, r.Clause, paint(c.color(), yellow, "never holds"), r.Bound, *r.Fails)
	default:
		c.printf("    %s (%s) is %s: %s", r.Property, r.Clause, paint(c.color(), cyan, "unknown"), r.Reason)
	}
	c.printf("; %s, %s\n", plural(r.Tried, "exploration"), seconds(time.Duration(r.Seconds*float64(time.Second))))
	if r.Trace != "" {
		c.printf("    refuted for %s=%d in %s: %s show %s\n", r.Bound, *r.Fails, plural(*r.Length, "step"), c.program, shellWord(r.Trace))
	}
	if !r.AsClaimed {
		c.printf("    %s a verdict on the way is not the claimed one\n", paint(c.color(), alarm, mark))
	}
	c.printf("\n")
}
