package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lockstep-prover/lockstep/live/measure"
	"github.com/lockstep-prover/lockstep/model/lock"
	"github.com/lockstep-prover/lockstep/spec"
)

// costJSON is the object of `cost --json`.
type costJSON struct {
	Schema string         `json:"schema"`           // "lockstep/cost/v1"
	Broker string         `json:"broker,omitempty"` // that was measured
	Locks  []lockCostJSON `json:"locks"`
}

type lockCostJSON struct {
	System     string         `json:"system"`
	Parameters map[string]any `json:"parameters"`
	Calls      []callCostJSON `json:"calls"`
}

type callCostJSON struct {
	Operation string        `json:"operation"`
	Result    string        `json:"result"`
	Best      *quantityJSON `json:"best,omitempty"` // of the model; absent of a call that the model does not have
	Worst     *quantityJSON `json:"worst,omitempty"`
	Mean      *quantityJSON `json:"mean,omitempty"` // of random runs; absent if they had none
	Measured  *measuredJSON `json:"measured,omitempty"`
}

type quantityJSON struct {
	Methods     float64 `json:"methods"`
	RoundTrips  float64 `json:"round_trips"`
	Channels    float64 `json:"channels"`
	Connections float64 `json:"connections"`
}

type measuredJSON struct {
	Calls         int     `json:"calls"`
	MedianSeconds float64 `json:"median_seconds"`
	P95Seconds    float64 `json:"p95_seconds"`
	InModel       bool    `json:"in_model"` // every one of them cost what the model says
}

type costOptions struct {
	set    []string
	broker string
	rounds int
	asJSON bool
}

func newCost(c *console) *cobra.Command {
	var o costOptions
	cmd := &cobra.Command{
		Use:   "cost [LOCK...]",
		Short: "Tell what the operations of locks cost",
		Long: `Tells what acquire, verify and release cost a client of each lock on AMQP: how many methods it sends (those that
open channels and connections included), how often it waits for an answer, how many channels and connections it
opens. "1-3 (1.5)": at least 1 and at most 3 in all runs of two clients without faults, 1.5 in the mean of
runs whose every step is any that is enabled.

With --broker the same clients also do it there, one call after the other, and what each call cost must be what the
model says; beside it is the median of the time it took while nobody else called (of a busy acquire: while the holder did not
call), and the 95th percentile.`,
		Example: `  lockstep cost
  lockstep cost mutex/exclusive-queue semaphore/token --broker rabbitmq
  lockstep cost semaphore/persistent --set probe=passive`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.cost(cmd.Context(), args, o)
		},
		ValidArgsFunction: completeSystems,
	}
	f := cmd.Flags()
	f.StringArrayVar(&o.set, "set", nil, "set a parameter, `k=v` (repeatable); without, every choice of the default cases is told")
	f.StringVar(&o.broker, "broker", "", "measure on this `broker`, too: embedded, rabbitmq, rabbitmq-VERSION, or a URL that begins with amqp://")
	f.IntVar(&o.rounds, "rounds", 200, "measure so many rounds of acquire, verify and release")
	jsonFlag(cmd, &o.asJSON)
	return cmd
}

func (c *console) cost(ctx context.Context, locks []string, o costOptions) error {
	set, err := parseSettings(o.set)
	if err != nil {
		return failed(wrongUsage, err)
	}
	if o.rounds < 1 {
		return usage("--rounds is at least 1")
	}
	entries, err := entriesOf(locks)
	if err != nil {
		return failed(wrongUsage, err)
	}
	var b *opened
	if o.broker != "" {
		if err := checkBroker(o.broker); err != nil {
			return failed(wrongUsage, err)
		}
		if b, err = c.openBroker(ctx, o.broker, 0); err != nil {
			return failed(broken, err)
		}
		defer b.close()
	}
	object := costJSON{Schema: costSchema}
	if b != nil {
		object.Broker = b.name
	}
	agrees, any := true, false
	for _, e := range entries {
		choices, err := e.CostChoices(set...)
		switch {
		case err != nil && len(locks) == 0: // a parameter of other locks
			continue
		case err != nil:
			return failed(wrongUsage, err)
		case len(choices) == 0 && len(locks) > 0:
			return usage("%s is no lock on AMQP", e.Name)
		}
		for _, s := range choices {
			any = true
			l, err := c.costOf(ctx, e, s, b, o.rounds)
			if err != nil {
				return err
			}
			object.Locks = append(object.Locks, l)
			for _, call := range l.Calls {
				agrees = agrees && (call.Measured == nil || call.Measured.InModel)
			}
			if !o.asJSON {
				c.printCost(e, s, l, b)
			}
		}
	}
	switch {
	case !any:
		return usage("no lock on AMQP has these parameters: %s", strings.Join(o.set, ", "))
	case o.asJSON:
		c.printJSON(object)
	}
	if !agrees {
		return failed(violated, nil)
	}
	return nil
}

// costOf works out what a lock's calls cost, and measures it if there is a broker.
func (c *console) costOf(ctx context.Context, e *spec.Entry, s spec.Settings, b *opened, rounds int) (lockCostJSON, error) {
	l := lockCostJSON{System: e.Name, Parameters: jsonParameters(e, s)}
	m, _, err := e.Meter(s)
	if err != nil {
		return l, failed(wrongUsage, err)
	}
	costs, err := m.Costs()
	if err != nil {
		return l, failed(undecided, fmt.Errorf("%s %v: %w", e.Name, s, err))
	}
	quantity := func(k spec.Cost) *quantityJSON {
		return &quantityJSON{float64(k.Methods), float64(k.RoundTrips), float64(k.Channels), float64(k.Connections)}
	}
	for _, k := range costs {
		call := callCostJSON{Operation: k.Op.String(), Result: k.Result.String(), Best: quantity(k.Best), Worst: quantity(k.Worst)}
		if k.Calls > 0 {
			mean := quantityJSON(k.Mean)
			call.Mean = &mean
		}
		l.Calls = append(l.Calls, call)
	}
	if b == nil {
		return l, nil
	}
	contended := slices.ContainsFunc(costs, func(k spec.OpCost) bool { return k.Op == lock.Acquire && k.Result == lock.Busy })
	results, err := measure.Run(ctx, b.url, m, contended, rounds)
	if err != nil {
		return l, failed(broken, fmt.Errorf("%s on %s: %w", e.Name, b.name, err))
	}
	for _, r := range results {
		measured := &measuredJSON{Calls: r.Calls, MedianSeconds: r.Median.Seconds(), P95Seconds: r.P95.Seconds()}
		i := slices.IndexFunc(costs, func(k spec.OpCost) bool { return k.Op == r.Op && k.Result == r.Result })
		if i < 0 {
			l.Calls = append(l.Calls, callCostJSON{Operation: r.Op.String(), Result: r.Result.String(), Measured: measured})
			continue
		}
		measured.InModel = !slices.ContainsFunc(r.Costs, func(k spec.Cost) bool { return !k.Within(costs[i].Best, costs[i].Worst) })
		l.Calls[i].Measured = measured
	}
	return l, nil
}

// printCost prints the table of one lock.
func (c *console) printCost(e *spec.Entry, s spec.Settings, l lockCostJSON, b *opened) {
	var text strings.Builder
	fmt.Fprintf(&text, "%s  %v\n\n", paint(c.color(), bold, e.Name), s.Own())
	t := table{columns: []column{{head: []string{"methods"}}, {head: []string{"round trips"}}, {head: []string{"channels"}}, {head: []string{"connections"}}}}
	if b != nil {
		t.columns = append(t.columns, column{head: []string{"calls"}, right: true}, column{head: []string{"median"}, right: true}, column{head: []string{"95 %"}, right: true})
	}
	for _, call := range l.Calls {
		r := row{label: call.Operation + ", " + call.Result}
		for _, of := range []func(*quantityJSON) float64{
			func(q *quantityJSON) float64 { return q.Methods }, func(q *quantityJSON) float64 { return q.RoundTrips },
			func(q *quantityJSON) float64 { return q.Channels }, func(q *quantityJSON) float64 { return q.Connections },
		} {
			r.cells = append(r.cells, cell{text: rangeOf(call, of)})
		}
		switch m := call.Measured; {
		case b == nil:
		case m == nil:
			r.cells = append(r.cells, cell{}, cell{}, cell{})
		default:
			r.cells = append(r.cells, cell{text: fmt.Sprint(m.Calls), marked: !m.InModel}, cell{text: microseconds(m.MedianSeconds)}, cell{text: microseconds(m.P95Seconds)})
		}
		t.rows = append(t.rows, r)
	}
	t.render(&text, c.width(), c.color())
	if slices.ContainsFunc(l.Calls, func(k callCostJSON) bool { return k.Measured != nil && !k.Measured.InModel }) {
		fmt.Fprintf(&text, "  %s on %s it cost what the model does not have\n", mark, b.name)
	}
	c.printf("%s\n", text.String())
}

func rangeOf(call callCostJSON, of func(*quantityJSON) float64) string {
	if call.Best == nil {
		return "not in the model"
	}
	text := fmt.Sprintf("%.0f", of(call.Best))
	if of(call.Worst) > of(call.Best) {
		text += fmt.Sprintf("-%.0f", of(call.Worst))
		if call.Mean != nil {
			text += fmt.Sprintf(" (%.1f)", of(call.Mean))
		}
	}
	return text
}

func microseconds(s float64) string {
	if s == 0 {
		return ""
	}
	return fmt.Sprintf("%.0f µs", s*1e6)
}
