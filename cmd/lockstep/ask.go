package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/lockstep-prover/lockstep/live/ask"
	"github.com/lockstep-prover/lockstep/live/driver"
	"github.com/lockstep-prover/lockstep/live/replay"
	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/prover"
	"github.com/lockstep-prover/lockstep/spec"
)

// askJSON is the object of `ask --json`.
type askJSON struct {
	Schema    string         `json:"schema"` // "lockstep/ask/v1"
	Broker    string         `json:"broker,omitempty"`
	Questions []questionJSON `json:"questions"`
}

type questionJSON struct {
	Number      int              `json:"number"`
	Text        string           `json:"text"`
	Answer      string           `json:"answer"`
	Claims      []askedJSON      `json:"claims,omitempty"`
	Costs       []lockCostJSON   `json:"costs,omitempty"`
	Experiments []experimentJSON `json:"experiments,omitempty"`
}

type askedJSON struct {
	System     string         `json:"system"`
	Parameters map[string]any `json:"parameters"`
	Property   string         `json:"property"`
	Claim      string         `json:"claim"`
	Verdict    string         `json:"verdict"`
	Length     int            `json:"length,omitempty"`  // of the counterexample, in steps
	Outcome    string         `json:"outcome,omitempty"` // of its replay
	Reason     string         `json:"reason,omitempty"`  // why that is not "reproduced"
}

type experimentJSON struct {
	Text     string `json:"text"`
	Wanted   string `json:"wanted"`
	Observed string `json:"observed"`
}

type askOptions struct {
	broker string
	asJSON bool
}

func newAsk(c *console) *cobra.Command {
	var o askOptions
	cmd := &cobra.Command{
		Use:   "ask [N...]",
		Short: "Answer the open questions of amqp-locks, by the model and by a broker",
		Long: `amqp-locks leaves questions open. Without N they are listed with their answers. With N what shows the answer is done
again: claims are proved or refuted, each counterexample is replayed on the broker, costs are measured there,
and experiments are made there. The broker is the embedded one unless --broker says otherwise: the machine that the
locks are proved on, behind TCP.`,
		Example: `  lockstep ask
  lockstep ask 5 --broker rabbitmq`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.ask(cmd.Context(), args, o)
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	cmd.Flags().StringVar(&o.broker, "broker", embeddedBroker, "the `broker`: embedded, rabbitmq, rabbitmq-VERSION, or a URL that begins with amqp://")
	jsonFlag(cmd, &o.asJSON)
	return cmd
}

func (c *console) ask(ctx context.Context, numbers []string, o askOptions) error {
	var questions []ask.Question
	for _, word := range numbers {
		n, err := strconv.Atoi(word)
		q, ok := ask.Find(n)
		if err != nil || !ok {
			return usage("there is no question %q; there are 1 to %d", word, len(ask.Questions()))
		}
		questions = append(questions, q)
	}
	if err := checkBroker(o.broker); err != nil {
		return failed(wrongUsage, err)
	}
	object := askJSON{Schema: askSchema}
	if len(numbers) == 0 {
		for _, q := range ask.Questions() {
			object.Questions = append(object.Questions, questionJSON{Number: q.Number, Text: q.Text, Answer: q.Answer})
			if !o.asJSON {
				c.printf("%d  %s\n   %s\n\n", q.Number, paint(c.color(), bold, q.Text), q.Answer)
			}
		}
		if o.asJSON {
			c.printJSON(object)
		} else {
			c.printf("%s ask N --broker rabbitmq shows it\n", c.program)
		}
		return nil
	}
	b, err := c.openBroker(ctx, o.broker, 0)
	if err != nil {
		return failed(broken, err)
	}
	defer b.close()
	object.Broker = b.name
	all := true
	for _, q := range questions {
		shown, ok, err := c.showAnswer(ctx, q, b, o.asJSON)
		if err != nil {
			return err
		}
		object.Questions = append(object.Questions, shown)
		all = all && ok
	}
	if o.asJSON {
		c.printJSON(object)
	}
	if !all {
		return failed(violated, nil)
	}
	return nil
}

// showAnswer shows the answer of one question, and tells whether everything was as it says.
func (c *console) showAnswer(ctx context.Context, q ask.Question, b *opened, asJSON bool) (object questionJSON, ok bool, err error) {
	object = questionJSON{Number: q.Number, Text: q.Text, Answer: q.Answer}
	say := func(format string, args ...any) {
		if !asJSON {
			c.printf(format, args...)
		}
	}
	sign := func(right bool) string {
		ok = ok && right
		if right {
			return paint(c.color(), green, "✓")
		}
		return paint(c.color(), alarm, mark)
	}
	ok = true
	say("%d  %s\n   %s\n\n", q.Number, paint(c.color(), bold, q.Text), q.Answer)
	for _, claim := range q.Claims {
		asked, err := c.decide(ctx, claim, b)
		if err != nil {
			return object, false, err
		}
		object.Claims = append(object.Claims, asked)
		say("   %s %s %s: %s is %s", sign(asked.Verdict == asked.Claim), claim.System, claim.Settings, claim.Property, asked.Verdict)
		if asked.Length > 0 {
			say(" in %s\n   %s and %s on %s %s", plural(asked.Length, "step"), sign(asked.Outcome == replay.Reproduced.String()), asked.Outcome, b.name, asked.Reason)
		}
		say("\n")
	}
	for _, cost := range q.Costs {
		e, settings, err := chosen(cost)
		if err != nil {
			return object, false, err
		}
		choices, err := e.CostChoices(settings...)
		if err != nil {
			return object, false, failed(wrongUsage, err)
		}
		l, err := c.costOf(ctx, e, choices[0], b, 200)
		if err != nil {
			return object, false, err
		}
		object.Costs = append(object.Costs, l)
		ok = ok && !slices.ContainsFunc(l.Calls, func(k callCostJSON) bool { return k.Measured != nil && !k.Measured.InModel })
		if !asJSON {
			c.printCost(e, choices[0], l, b)
		}
	}
	o, err := driver.Parse(b.url, nil)
	if err != nil {
		return object, false, failed(wrongUsage, err)
	}
	for _, x := range q.Experiments {
		limited, cancel := context.WithTimeout(ctx, 20*time.Second)
		observed, err := x.Do(limited, o)
		cancel()
		if err != nil {
			return object, false, failed(broken, fmt.Errorf("question %d on %s: %w", q.Number, b.name, err))
		}
		object.Experiments = append(object.Experiments, experimentJSON{x.Text, x.Want, observed})
		say("   %s %s\n     on %s: %s\n", sign(observed == x.Want), x.Text, b.name, observed)
		if observed != x.Want {
			say("     expected: %s\n", x.Want)
		}
	}
	say("\n")
	return object, ok, nil
}

// chosen finds a claim's entry and settings.
func chosen(claim ask.Claim) (*spec.Entry, []spec.Setting, error) {
	e, err := spec.Find(claim.System)
	if err != nil {
		return nil, nil, failed(wrongUsage, err)
	}
	settings, err := parseSettings(strings.Fields(claim.Settings))
	if err != nil {
		return nil, nil, failed(wrongUsage, err)
	}
	return e, settings, nil
}

// decide proves or refutes a claim, and replays the counterexample.
func (c *console) decide(ctx context.Context, claim ask.Claim, b *opened) (askedJSON, error) {
	e, set, err := chosen(claim)
	if err != nil {
		return askedJSON{}, err
	}
	s, err := e.Settings(set...)
	if err != nil {
		return askedJSON{}, failed(wrongUsage, err)
	}
	sys, claims, err := e.Instance(s)
	if err != nil {
		return askedJSON{}, failed(wrongUsage, err)
	}
	i := slices.IndexFunc(claims, func(k spec.Claim) bool { return k.Name == claim.Property })
	results, err := prover.Explore(ctx, sys, []model.Property{claims[i].Property}, prover.Options{})
	if err != nil {
		return askedJSON{}, failed(undecided, err)
	}
	r := results[0]
	asked := askedJSON{System: e.Name, Parameters: jsonParameters(e, s), Property: claim.Property, Claim: claims[i].Claimed.String(), Verdict: r.Verdict.String()}
	if r.Verdict != model.Refuted {
		return asked, nil
	}
	trace := record(&choice{entry: e, settings: s, system: sys, claims: claims[i : i+1]}, r)
	asked.Length = len(r.Trace)
	o, err := replay.Run(ctx, sys, trace, claims[i].Property, replay.Options{Broker: b.url})
	if err != nil {
		return asked, failed(broken, err)
	}
	asked.Outcome, asked.Reason = o.Verdict.String(), o.Reason
	return asked, nil
}
