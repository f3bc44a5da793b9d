package main

import "github.com/lockstep-prover/lockstep/prover/random"

// randomJSON is the object of `prove --random … --json`.
type randomJSON struct {
	Schema   string       `json:"schema"`   // "lockstep/random/v1"
	Strategy string       `json:"strategy"` // "walk", "pct" or "swarm"
	Seed     uint64       `json:"seed"`
	Steps    int          `json:"steps"` // the most of a run
	Samples  []sampleJSON `json:"samples"`
}

// sampleJSON is the runs of one choice of parameters, or of one swarm.
type sampleJSON struct {
	System      string             `json:"system"`
	Runs        int                `json:"runs"`    // counted
	Stopped     string             `json:"stopped"` // why they are fewer than asked for; else ""
	TotalSteps  int64              `json:"total_steps"`
	Deadlocks   int                `json:"deadlocks"` // runs that came to a state without an enabled action
	Cuts        int                `json:"cuts"`      // runs that ended where the model is cut
	DepthChance float64            `json:"depth_chance,omitempty"`
	Transitions speciesJSON        `json:"local_transitions"`
	States      speciesJSON        `json:"global_states"`
	Curve       []curveJSON        `json:"curve"`
	Results     []randomResultJSON `json:"results"`
	Seconds     float64            `json:"seconds"`
}

type speciesJSON struct {
	Distinct     int64   `json:"distinct"`
	Sampled      int     `json:"sampled"` // one of 2^sampled was kept; 0: distinct is exact
	Observations int64   `json:"observations"`
	Once         int64   `json:"once"`
	OneRun       int64   `json:"one_run"`
	NewStep      float64 `json:"new_step"`
	NewStepUpper float64 `json:"new_step_upper"`
	NewRun       float64 `json:"new_run"`
	NewRunUpper  float64 `json:"new_run_upper"`
}

type curveJSON struct {
	Runs        int   `json:"runs"`
	LocalStates int64 `json:"local_states"`
	Transitions int64 `json:"local_transitions"`
	States      int64 `json:"global_states"`
}

type randomResultJSON struct {
	Parameters map[string]any `json:"parameters"`
	Property   string         `json:"property"`
	Clause     string         `json:"clause"`
	Claim      string         `json:"claim"`
	Verdict    string         `json:"verdict"`
	Reason     string         `json:"reason"`
	Judged     bool           `json:"judged"`
	Runs       int            `json:"runs"`
	Hits       int            `json:"hits"`
	Interval   [2]float64     `json:"interval"`
	Upper      float64        `json:"upper"`
	Run        *int           `json:"run,omitempty"`
	Length     *int           `json:"length,omitempty"`
	Trace      string         `json:"trace,omitempty"`
}

func randomObject(all []*sampled, o randomOptions) randomJSON {
	object := randomJSON{Schema: randomSchema, Strategy: o.strategy, Seed: o.seed, Steps: o.steps, Samples: []sampleJSON{}}
	for _, s := range all {
		r := s.report
		j := sampleJSON{
			System: s.outcomes[0].entry.Name, Runs: r.Runs, Stopped: r.Stopped, TotalSteps: r.TotalSteps, Deadlocks: r.Deadlocks, Cuts: r.Cuts,
			DepthChance: r.DepthChance, Transitions: speciesJSON(r.Coverage.Transitions), States: speciesJSON(r.Coverage.States),
			Results: []randomResultJSON{}, Seconds: r.Elapsed.Seconds(),
		}
		for _, p := range r.Coverage.Curve {
			j.Curve = append(j.Curve, curveJSON(p))
		}
		for i, res := range r.Results {
			j.Results = append(j.Results, randomResult(s.outcomes[res.Member], i%len(s.outcomes[0].claims), res))
		}
		object.Samples = append(object.Samples, j)
	}
	return object
}

func randomResult(o *outcome, i int, r random.Result) randomResultJSON {
	claim := o.claims[i]
	j := randomResultJSON{
		Parameters: jsonParameters(o.entry, o.settings), Property: claim.Name, Clause: claim.Clause, Claim: claim.Claimed.String(),
		Verdict: r.Verdict.String(), Reason: r.Reason, Judged: r.Judged, Runs: r.Runs, Hits: r.Hits,
		Interval: [2]float64{r.Interval.Low, r.Interval.High}, Upper: r.Upper, Trace: o.paths[i],
	}
	if r.Run >= 0 {
		n := len(r.Trace)
		j.Run, j.Length = &r.Run, &n
	}
	return j
}
