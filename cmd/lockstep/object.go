package main

// proveJSON is the object of `prove --json`.
type proveJSON struct {
	Schema  string       `json:"schema"` // "lockstep/prove/v1"
	Results []resultJSON `json:"results"`
}

// resultJSON is the verdict on one property for one choice of parameters.
type resultJSON struct {
	System      string         `json:"system"`
	Parameters  map[string]any `json:"parameters"` // all of them: see jsonParameters
	Property    string         `json:"property"`
	Clause      string         `json:"clause"`           // of SPEC.md
	Claim       string         `json:"claim"`            // "proved", "refuted" or "unknown"
	Verdict     string         `json:"verdict"`          // "proved", "refuted" or "unknown"
	Reason      string         `json:"reason"`           // why it is unknown; what a monitor said of a refutation; that a proof is vacuous; else ""
	States      int64          `json:"states"`           // distinct states when the verdict was reached
	Transitions int64          `json:"transitions"`      // steps taken from them
	Depth       int            `json:"depth"`            // of the deepest of them
	Exact       bool           `json:"exact"`            // the states themselves were compared, not fingerprints
	Reductions  []string       `json:"reductions"`       // "symmetry", "partial order", or none
	Seconds     float64        `json:"seconds"`          // from the start of the exploration
	Length      *int           `json:"length,omitempty"` // of the run to the violation, or to what a witness asks for, in steps
	Loop        *int           `json:"loop,omitempty"`   // of an infinite run: how many of its steps come before those repeated for ever; all: it stops
	Trace       string         `json:"trace,omitempty"`  // the path of a refutation's trace
}

// object is the report as JSON.
func (r *report) object() proveJSON {
	all := proveJSON{Schema: proveSchema, Results: []resultJSON{}}
	for _, o := range r.outcomes {
		for i, res := range o.results {
			claim := o.claims[i]
			j := resultJSON{
				System: o.entry.Name, Parameters: jsonParameters(o.entry, o.settings),
				Property: claim.Name, Clause: claim.Clause, Claim: claim.Claimed.String(),
				Verdict: res.Verdict.String(), Reason: res.Reason,
				States: res.States, Transitions: res.Transitions, Depth: res.Depth,
				Exact: res.Exact, Reductions: append([]string{}, res.Reductions...), Seconds: res.Elapsed.Seconds(),
				Trace: o.paths[i],
			}
			if res.Trace != nil {
				n := len(res.Trace)
				j.Length = &n
			}
			if res.Lasso {
				n := len(res.Trace) - res.Cycle
				j.Loop = &n
			}
			all.Results = append(all.Results, j)
		}
	}
	return all
}
