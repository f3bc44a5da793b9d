package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/lockstep-prover/lockstep/live/amqptest"
	"github.com/lockstep-prover/lockstep/live/rabbitmq"
	"github.com/lockstep-prover/lockstep/live/replay"
	"github.com/lockstep-prover/lockstep/model/broker"
	"github.com/lockstep-prover/lockstep/spec"
)

// replayOptions is the command line of replay.
type replayOptions struct {
	path   string
	broker string
	asJSON bool
}

// The values of --broker that are no URL.
const (
	embeddedBroker = "embedded"
	privateBroker  = "rabbitmq"
)

// replayJSON is the object of `replay --json`.
type replayJSON struct {
	Schema     string             `json:"schema"` // "lockstep/replay/v1"
	System     string             `json:"system"`
	Parameters map[string]any     `json:"parameters"`
	Property   string             `json:"property"`
	Clause     string             `json:"clause"`    // of SPEC.md
	Broker     string             `json:"broker"`    // which, in words; a URL without its password
	Outcome    string             `json:"outcome"`   // "reproduced", "not reproduced" or "diverged"
	Step       int                `json:"step"`      // the last one taken
	Action     string             `json:"action"`    // that step
	Where      string             `json:"where"`     // diverged: between whom
	Predicted  string             `json:"predicted"` // diverged: what the model says
	Observed   string             `json:"observed"`  // diverged: what happened
	Reason     string             `json:"reason"`    // not reproduced: why
	Seconds    float64            `json:"seconds"`
	Steps      []replayedStepJSON `json:"steps"`
}

type replayedStepJSON struct {
	Number  int         `json:"number"` // from 1
	Action  string      `json:"action"`
	Checks  []checkJSON `json:"checks"`
	Seconds float64     `json:"seconds"`
}

type checkJSON struct {
	Where     string `json:"where"`
	Predicted string `json:"predicted"`
	Observed  string `json:"observed"`
	OK        bool   `json:"ok"`
}

func newReplay(c *console) *cobra.Command {
	var o replayOptions
	cmd := &cobra.Command{
		Use:   "replay TRACE",
		Short: "Make a trace happen on a broker, and compare",
		Long: `Makes a trace happen on a broker, frame by frame: clients connect through a gate that lets each frame pass
when the trace says so, breaks connections where the trace does, and compares everything that the broker does
with what the model predicts. It ends with "reproduced", with "diverged at step K" if the broker did what the
model cannot do (a finding about the model), or with "not reproduced" if the broker did what the model can do
too, but at another time. The broker is the embedded one, which behaves as the version of RabbitMQ that the
trace names, a RabbitMQ that is started for this replay alone (` + "`--broker rabbitmq`" + `, or rabbitmq-4.0 for a
version of those installed), or the one at a URL, where the queues of the trace must not be in use: a queue of
such a name (as "lock") that is empty and has no consumer is deleted there, before the replay and after it.
TRACE is a file, or - for standard input.`,
		Example: `  lockstep replay lockstep-out/mutex-exclusive-queue/belief-exclusion.trace
  lockstep replay lockstep-out/mutex-exclusive-queue/belief-exclusion.trace --broker rabbitmq
  lockstep replay - --broker amqp://guest:guest@127.0.0.1:5672/ < FILE.trace`,
		Args: oneTrace,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.path = args[0]
			return c.replay(cmd.Context(), o)
		},
		ValidArgsFunction: completeTraces,
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&o.broker, "broker", embeddedBroker, "the `broker`: embedded, rabbitmq, rabbitmq-VERSION, or a URL that begins with amqp://")
	jsonFlag(cmd, &o.asJSON)
	registerCompletion(cmd, "broker", cobra.FixedCompletions([]cobra.Completion{
		cobra.CompletionWithDesc(embeddedBroker, "the broker machine of the models, inside this program"),
		cobra.CompletionWithDesc(privateBroker, "a RabbitMQ of its own, started and stopped here"),
		cobra.CompletionWithDesc(privateBroker+"-4.0", "the same, of a version that is installed"),
		cobra.CompletionWithDesc("amqp://guest:guest@127.0.0.1:5672/", "a broker that runs already"),
	}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (c *console) replay(ctx context.Context, o replayOptions) error {
	if err := checkBroker(o.broker); err != nil {
		return failed(wrongUsage, err)
	}
	k, err := c.readTrace(o.path)
	if err != nil {
		return err
	}
	b, err := c.openBroker(ctx, o.broker, profileOf(k.settings))
	switch {
	case err != nil && ctx.Err() != nil: // whatever else was amiss by then, the user has ended it
		return failed(undecided, context.Cause(ctx))
	case err != nil:
		return failed(broken, err)
	}
	err = c.replayOn(ctx, k, b, o.asJSON)
	if closed := b.close(); err == nil && closed != nil {
		return failed(broken, closed)
	}
	return err
}

// checkBroker tells whether --broker is something that can be tried.
func checkBroker(name string) error {
	if name == embeddedBroker || name == privateBroker || strings.HasPrefix(name, privateBroker+"-") {
		return nil
	}
	if !strings.HasPrefix(name, "amqp://") {
		return fmt.Errorf("--broker is embedded, rabbitmq, rabbitmq-VERSION, or a URL that begins with amqp://, not %q", name)
	}
	_, err := url.Parse(name)
	if wrong := (*url.Error)(nil); errors.As(err, &wrong) {
		return fmt.Errorf("the URL of --broker: %w", wrong.Err) // without the URL, in which there may be a password
	}
	return err
}

// replayOn replays a trace on a broker, and prints each step as it is made.
func (c *console) replayOn(ctx context.Context, k *kept, b *opened, asJSON bool) error {
	var steps []replay.Step
	waiting := func(queue string) {
		fmt.Fprintf(c.stderr, "waiting for queue %s, which is in use on %s, to become free …\n", queue, b.name)
	}
	outcome, err := replay.Run(ctx, k.system, k.trace, k.claims[0].Property, replay.Options{Broker: b.url, Waiting: waiting, Each: func(s replay.Step) {
		steps = append(steps, s)
		if asJSON {
			return
		}
		if len(steps) == 1 {
			c.printf("%s  %v\n%s (%s), %s, on %s; ✓ is as the model predicted\n\n", paint(c.color(), bold, k.entry.Name), k.settings,
				k.trace.Property, k.claims[0].Clause, plural(len(k.trace.Lines), "step"), b.name)
		}
		if ctx.Err() != nil { // what was waited for then did not fail to come
			s.Checks = slices.DeleteFunc(slices.Clone(s.Checks), func(k replay.Check) bool { return !k.OK })
		}
		c.printStep(s)
	}})
	var place *replay.EnvironmentError
	switch {
	case err == nil:
	case outcome.Step > 0 || errors.As(err, &place): // the outcome stands: only the clearing up failed
		err = failed(broken, err)
	case ctx.Err() != nil:
		err = failed(undecided, context.Cause(ctx))
	default:
		err = usage("%s", strings.TrimPrefix(err.Error(), "replay: "))
	}
	if err != nil && outcome.Step == 0 {
		return err
	}
	if asJSON {
		c.printJSON(replayObject(k, b, outcome, steps))
	} else {
		c.printOutcome(k, outcome)
	}
	if outcome.Verdict != replay.Reproduced && err == nil {
		return failed(violated, nil)
	}
	return err
}

// printStep prints a step and what the broker was predicted to do and did.
func (c *console) printStep(s replay.Step) {
	c.printf("%3d  %s\n", s.Number, paint(c.color(), bold, s.Action))
	for _, check := range s.Checks {
		sign, style := "✓", green
		if !check.OK {
			sign, style = mark, alarm
		}
		words := check.Predicted
		if check.Predicted != check.Observed {
			words = fmt.Sprintf("predicted %s, observed %s", check.Predicted, check.Observed)
		}
		c.printf("     %s %s: %s\n", paint(c.color(), style, sign), check.Where, words)
	}
}

func (c *console) printOutcome(k *kept, o replay.Outcome) {
	switch o.Verdict {
	case replay.Reproduced:
		c.printf("\n%s: %s (%s) is %v on this broker too, %s in %v\n", paint(c.color(), green, "reproduced"), k.trace.Property,
			k.claims[0].Clause, k.verdict, plural(o.Step, "step"), o.Elapsed.Round(time.Millisecond))
	case replay.Diverged:
		c.printf("\n%s: predicted %s, observed %s (%s, %s)\n", paint(c.color(), alarm, fmt.Sprintf("diverged at step %d", o.Step)),
			o.Predicted, o.Observed, o.Action, o.Where)
	default:
		c.printf("\n%s: step %d, %s: %s\n", paint(c.color(), alarm, "not reproduced"), o.Step, o.Action, o.Reason)
	}
}

func replayObject(k *kept, b *opened, o replay.Outcome, steps []replay.Step) replayJSON {
	object := replayJSON{
		Schema: replaySchema, System: k.entry.Name, Parameters: jsonParameters(k.entry, k.settings), Property: k.trace.Property,
		Clause: k.claims[0].Clause, Broker: b.name, Outcome: o.Verdict.String(), Step: o.Step, Action: o.Action, Where: o.Where,
		Predicted: o.Predicted, Observed: o.Observed, Reason: o.Reason, Seconds: o.Elapsed.Seconds(), Steps: []replayedStepJSON{},
	}
	for _, s := range steps {
		j := replayedStepJSON{Number: s.Number, Action: s.Action, Seconds: s.Elapsed.Seconds(), Checks: []checkJSON{}}
		for _, check := range s.Checks {
			j.Checks = append(j.Checks, checkJSON(check))
		}
		object.Steps = append(object.Steps, j)
	}
	return object
}

// opened is a broker to replay on.
type opened struct {
	name  string // in words
	url   string
	close func() error
}

// profileOf returns the version of RabbitMQ that a system models, the first one for a system that has none.
func profileOf(s spec.Settings) broker.Profile {
	i := slices.IndexFunc(s, func(v spec.Setting) bool { return v.Name == "profile" })
	if i < 0 {
		return 0
	}
	p, _ := broker.ParseProfile(s[i].Value) // checked as a parameter
	return p
}

// openBroker starts the broker that --broker names, the embedded one as that version of RabbitMQ, or takes the one at its URL.
func (c *console) openBroker(ctx context.Context, name string, profile broker.Profile) (*opened, error) {
	version, named := strings.CutPrefix(name, privateBroker+"-")
	switch {
	case name == embeddedBroker:
		server, err := amqptest.Listen(amqptest.Options{Machine: amqptest.Machine{Profile: profile}})
		if err != nil {
			return nil, fmt.Errorf("starting the embedded broker: %w", err)
		}
		return &opened{"the embedded broker", server.URL(), func() error { server.Close(); return nil }}, nil
	case name == privateBroker, named:
		var opts rabbitmq.Options
		if named {
			var err error
			if opts, err = rabbitmq.Find(version); err != nil {
				return nil, err
			}
		}
		fmt.Fprintln(c.stderr, "starting a RabbitMQ of its own …")
		node, err := rabbitmq.Start(ctx, opts)
		if err != nil {
			return nil, err
		}
		return &opened{"RabbitMQ " + node.Version(), node.URL(), node.Stop}, nil
	}
	shown := name
	if u, err := url.Parse(name); err == nil {
		shown = u.Redacted()
	}
	return &opened{shown, name, func() error { return nil }}, nil
}
