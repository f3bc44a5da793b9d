package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/lockstep-prover/lockstep/live/conform"
	"github.com/lockstep-prover/lockstep/live/history"
	"github.com/lockstep-prover/lockstep/model/broker"
	"github.com/lockstep-prover/lockstep/prover/admit"
)

// conformOptions is the command line of conform.
type conformOptions struct {
	broker, profile, generator string
	seed                       uint64
	time                       time.Duration
	operations, pipelined      int
	record, history            string
	asJSON                     bool
}

func newConform(c *console) *cobra.Command {
	var o conformOptions
	cmd := &cobra.Command{
		Use:   "conform",
		Short: "Hold the broker machine against a broker, at random",
		Long: `Draws operations at random, does them on a broker over a few connections, and asks of every reply, return,
confirm, delivery and close whether the broker machine, the one that is proved with, could have done the same. What
the machine leaves open, the broker may do. A difference is done again (one that does not show again is flaky,
and only counted), made small, and printed as a broker script with what the machine has instead.

The broker is a RabbitMQ of this run's own (` + "`--broker rabbitmq`" + `, or rabbitmq-4.3 for a version of those installed), the
embedded one, or one at a URL, where names that begin with "lc" are used and deleted. The machine is the version of
RabbitMQ that the broker says it is, unless --profile says otherwise. A run with the same seed draws the same operations.
Of the two generators, mixed tries to get somewhere, and flat takes any method with any arguments.

With --history no broker is needed: the machine is asked whether it admits what was recorded, by --record or by
somebody else (go doc ./live/history is the format), and the first item that it does not is printed.`,
		Example: `  lockstep conform --broker rabbitmq-4.0 --seed 7 --for 10m
  lockstep conform --broker amqp://guest:guest@127.0.0.1:5672/ --operations 10000 --record run.history
  lockstep conform --history run.history`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.operations > 0 && !cmd.Flags().Changed("for") {
				o.time = 0
			}
			if o.history != "" {
				return c.conformHistory(o)
			}
			return c.conform(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&o.broker, "broker", privateBroker, "the `broker`: rabbitmq, rabbitmq-VERSION, embedded, or a URL that begins with amqp://")
	f.StringVar(&o.profile, "profile", "", "the `version` of RabbitMQ that the machine is, as rabbitmq-4.0; default: the broker's")
	f.Uint64Var(&o.seed, "seed", 1, "draw the operations that belong to this `number`")
	f.StringVar(&o.generator, "generator", "mixed", "draw them with this `generator`: mixed or flat")
	f.DurationVar(&o.time, "for", 30*time.Second, "end after this `time`; 0: no limit")
	f.IntVar(&o.operations, "operations", 0, "end after this `number` of operations, at any time unless --for is given; 0: no limit")
	f.IntVar(&o.pipelined, "pipelined", conform.DefaultPipelined, "of so many `percent` of the operations do not wait for the effects")
	f.StringVar(&o.record, "record", "", "write what was sent and seen to this `file`")
	f.StringVar(&o.history, "history", "", "hold what this `file` has recorded against the machine; - is standard input")
	jsonFlag(cmd, &o.asJSON)
	registerCompletion(cmd, "broker", cobra.FixedCompletions([]cobra.Completion{
		privateBroker, privateBroker + "-4.0", embeddedBroker, "amqp://guest:guest@127.0.0.1:5672/",
	}, cobra.ShellCompDirectiveNoFileComp))
	registerCompletion(cmd, "profile", cobra.FixedCompletions(broker.ProfileNames(), cobra.ShellCompDirectiveNoFileComp))
	registerCompletion(cmd, "generator", cobra.FixedCompletions(generatorNames(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func generatorNames() []string { return slices.Sorted(maps.Keys(conform.Generators())) }

// conform compares with a broker.
func (c *console) conform(ctx context.Context, o conformOptions) error {
	options, err := o.options()
	if err != nil {
		return failed(wrongUsage, err)
	}
	profile, _ := broker.ParseProfile(options.Profile)
	b, err := c.openBroker(ctx, o.broker, profile)
	switch {
	case err != nil && ctx.Err() != nil:
		return failed(undecided, context.Cause(ctx))
	case err != nil:
		return failed(broken, err)
	}
	if options.Broker, err = conform.ParseBroker(b.url); err != nil {
		return failed(wrongUsage, err)
	}
	if o.broker == embeddedBroker {
		options.Profile = profile.String()
	}
	err = c.conformTo(ctx, o, options)
	if closed := b.close(); err == nil && closed != nil {
		return failed(broken, closed)
	}
	return err
}

// options checks the command line.
func (o conformOptions) options() (conform.Options, error) {
	options := conform.Options{
		Profile: o.profile, Generate: conform.Generators()[o.generator], Seed: o.seed, For: o.time, Operations: o.operations, Pipelined: o.pipelined,
	}
	if o.pipelined == 0 {
		options.Pipelined = -1
	}
	if options.Generate == nil {
		return options, fmt.Errorf("no generator %q; there are %s", o.generator, strings.Join(generatorNames(), " and "))
	}
	if o.profile != "" {
		if _, err := broker.ParseProfile(o.profile); err != nil {
			return options, err
		}
	}
	if o.pipelined < 0 || o.pipelined > 100 || o.operations < 0 || o.time < 0 {
		return options, errors.New("--pipelined is from 0 to 100, --operations and --for are not negative")
	}
	return options, checkBroker(o.broker)
}

// conformTo compares, and prints what has come of it.
func (c *console) conformTo(ctx context.Context, o conformOptions, options conform.Options) error {
	var record *bufio.Writer
	if o.record != "" {
		f, err := os.Create(o.record)
		if err != nil {
			return failed(broken, err)
		}
		defer f.Close()
		record = bufio.NewWriter(f)
		options.Record = func(h *history.History) error {
			_, err := h.WriteTo(record)
			return err
		}
	}
	if !o.asJSON {
		n := 0
		options.Found = func(d conform.Difference) {
			n++
			c.printf("%s\n%s\n", paint(c.color(), alarm, fmt.Sprintf("difference %d", n)), d.Script())
		}
	}
	r, err := conform.Run(ctx, options)
	if record != nil {
		err = errors.Join(err, record.Flush())
	}
	if r == nil {
		return failed(broken, err)
	}
	if o.asJSON {
		c.printJSON(conformObject(r, o))
	} else {
		c.printConformance(r, o)
	}
	switch {
	case len(r.Differences) > 0:
		return failed(violated, nil)
	case err != nil:
		return failed(broken, err)
	case ctx.Err() != nil:
		return failed(undecided, context.Cause(ctx))
	case r.Unknown > 0:
		return failed(undecided, nil)
	}
	return nil
}

func (c *console) printConformance(r *conform.Report, o conformOptions) {
	c.printf("%s  %s, as %v, generator %s, seed %d, %d %% pipelined\n\n", paint(c.color(), bold, "conform"), r.Broker, r.Profile, o.generator, o.seed, o.pipelined)
	c.printCounts("operations", r.Operations)
	c.printCounts("replies", r.Replies)
	codes := map[string]int{}
	for code, n := range r.Codes {
		codes[code.String()] = n
	}
	c.printCounts("reply codes", codes)
	for n, d := range r.FlakyExamples {
		c.printf("\n%s\n%s", paint(c.color(), faint, fmt.Sprintf("flaky %d", n+1)), d.Script())
	}
	style := green
	if len(r.Differences) > 0 {
		style = alarm
	}
	c.printf("%s: %s in %s, %v, %.0f a second; %d flaky, %d like another one, %d known, %d unknown\n",
		paint(c.color(), style, plural(len(r.Differences), "difference")), plural(r.Total(), "operation"), plural(r.Sequences, "sequence"),
		r.Elapsed.Round(100*time.Millisecond), r.Rate(), r.Flaky, r.Repeated, total(r.Known), r.Unknown)
}

func total(counts map[string]int) (n int) {
	for _, c := range counts {
		n += c
	}
	return n
}

// printCounts prints counts as a paragraph, the largest first.
func (c *console) printCounts(title string, counts map[string]int) {
	names := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		if counts[a] != counts[b] {
			return counts[b] - counts[a]
		}
		return strings.Compare(a, b)
	})
	line := fmt.Sprintf("%-12s", title)
	for _, name := range names {
		word := fmt.Sprintf("  %s %d", name, counts[name])
		if cells(line)+cells(word) > c.width() {
			c.printf("%s\n", line)
			line = strings.Repeat(" ", 12)
		}
		line += word
	}
	c.printf("%s\n", line)
}

// conformHistory holds recordings against the machine.
func (c *console) conformHistory(o conformOptions) error {
	text, err := c.readHistory(o.history)
	if err != nil {
		return failed(wrongUsage, err)
	}
	all, err := history.ParseAll(text)
	if err != nil {
		return usage("%s: %v", o.history, err)
	}
	object := conformHistoryJSON{Schema: conformSchema, Histories: []judgedJSON{}}
	s := asClaimed
	for n, h := range all {
		if o.profile != "" {
			h.Header.Profile = o.profile
		}
		r, err := conform.Check(h)
		if err != nil {
			return usage("%s: %v", o.history, err)
		}
		j := judgedJSON{Number: n + 1, Profile: h.Header.Profile, Items: len(h.Items), Verdict: r.Verdict.String(), Reason: r.Reason, Instead: append([]string{}, r.Instead...)}
		if r.Verdict != admit.Admitted {
			j.Item = min(r.Item, len(h.Items)-1) + 1
			j.Observed = h.Items[j.Item-1].String()
		}
		object.Histories = append(object.Histories, j)
		s = worse(s, map[admit.Verdict]status{admit.Inadmissible: violated, admit.Unknown: undecided}[r.Verdict])
		if !o.asJSON && r.Verdict != admit.Admitted {
			c.printJudged(h, j)
		}
	}
	if o.asJSON {
		c.printJSON(object)
	} else {
		c.printf("%s\n", object.summary())
	}
	return failed(s, nil)
}

func (c *console) readHistory(path string) ([]byte, error) {
	if path == "-" {
		return io.ReadAll(c.stdin)
	}
	return os.ReadFile(path)
}

// context is how many items are printed before the one that is not admitted.
const itemsBefore = 20

func (c *console) printJudged(h *history.History, j judgedJSON) {
	c.printf("%s  history %d, %s: item %d of %d is %s\n", paint(c.color(), alarm, mark), j.Number, j.Profile, j.Item, j.Items, j.Verdict)
	for i := max(0, j.Item-itemsBefore); i < j.Item; i++ {
		c.printf("   %4d  %s\n", i+1, h.Items[i])
	}
	if j.Reason != "" {
		c.printf("   %s\n", j.Reason)
	}
	for _, s := range j.Instead {
		c.printf("   the machine: %s\n", s)
	}
	c.printf("\n")
}
