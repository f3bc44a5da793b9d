package conform

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/lockstep-prover/lockstep/live/history"
	"github.com/lockstep-prover/lockstep/model/amqp"
	"github.com/lockstep-prover/lockstep/model/broker"
	"github.com/lockstep-prover/lockstep/prover/admit"
)

// Generator draws sequences. It is called with 0, 1, 2 …, and returns the same sequence for the same seed, prefix and number.
// All names of queues and exchanges that it has declared begin with the prefix.
type Generator func(seed uint64, prefix string, number int) []Op

// Options say what to compare, and how much.
type Options struct {
	Broker     Broker
	Profile    string    // of the machine; "": as the broker's version has it (see ProfileOf)
	Generate   Generator // nil: Mixed
	Seed       uint64
	Pipelined  int           // percent of operations that do not wait for what they do; 0: DefaultPipelined, negative: none
	For        time.Duration // 0: no limit
	Operations int           // 0: no limit
	Prefix     string        // of names; "": made of the time
	Most       int           // how many differences are shrunk and reported before it ends; 0: 10
	// Found is told of each difference when it has been shrunk.
	Found func(Difference)
	// Record is told of every sequence, whatever came of it.
	Record func(*history.History) error
}

// Report is what has come of a run.
type Report struct {
	Broker        string // product and version
	Profile       broker.Profile
	Sequences     int
	Operations    map[string]int // by method, "drop" and "pause"
	Replies       map[string]int // by method
	Codes         map[amqp.Code]int
	Late          int            // times that the broker was still busy when it was taken to be at rest
	Unknown       int            // sequences that the judge could not follow
	Flaky         int            // differences that did not show again
	Repeated      int            // differences that look like one already reported
	Known         map[string]int // differences that SPEC.md lists, by clause
	Differences   []Difference
	Elapsed       time.Duration
	FlakyExamples []Difference // the first few of those, as they were
}

// Total is the number of operations.
func (r *Report) Total() (n int) {
	for _, c := range r.Operations {
		n += c
	}
	return n
}

// Rate is how many operations there were a second.
func (r *Report) Rate() float64 { return float64(r.Total()) / max(r.Elapsed.Seconds(), 1e-9) }

// Difference is something that the broker did and the machine does not do, or the other way round.
type Difference struct {
	Sequence int // its number
	Ops      []Op
	History  *history.History
	Item     int      // the first that the machine does not admit
	Instead  []string // what it has instead
}

// Run compares until the time is up, so many operations are done, or ctx ends.
func Run(ctx context.Context, o Options) (*Report, error) {
	if o.Generate == nil {
		o.Generate = Mixed
	}
	if o.Prefix == "" {
		o.Prefix = fmt.Sprintf("lc%s-", strings.ToLower(fmt.Sprintf("%x", time.Now().UnixNano()/1000%0xfffff)))
	}
	if o.Most == 0 {
		o.Most = 10
	}
	if o.Pipelined == 0 {
		o.Pipelined = DefaultPipelined
	}
	b, err := newBench(o)
	if err != nil {
		return nil, err
	}
	defer b.close()
	start := time.Now()
	broken := 0
	r := &Report{Broker: b.admin.product, Profile: b.profile, Operations: b.ops, Replies: b.replies, Codes: b.codes, Known: map[string]int{}}
	defer func() { r.Elapsed = time.Since(start) }()
	looks := map[string]int{}
	for ; ctx.Err() == nil; r.Sequences++ {
		if o.For > 0 && time.Since(start) >= o.For || o.Operations > 0 && r.Total() >= o.Operations || len(r.Differences) >= o.Most {
			break
		}
		ops := o.Generate(o.Seed, b.opts.Prefix, r.Sequences)
		pipeline(ops, o.Seed, r.Sequences, o.Pipelined)
		got := b.run(ctx, ops)
		r.Late += got.late
		if o.Record != nil {
			if err := o.Record(b.history(got.feed, r.Sequences)); err != nil {
				return r, err
			}
		}
		switch {
		case got.err == nil:
		case errors.Is(got.err, errUnknown):
			r.Unknown++
		case errors.Is(got.err, errDifference):
			d := b.difference(ops, got.feed, r.Sequences)
			if clause := d.known(); clause != "" {
				r.Known[clause]++
				continue
			}
			look := d.look()
			if looks[look]++; looks[look] > 1 {
				r.Repeated++
				continue
			}
			d, flaky := b.confirm(ctx, d)
			if flaky {
				r.Flaky++
				looks[look]--
				if len(r.FlakyExamples) < 3 {
					r.FlakyExamples = append(r.FlakyExamples, d)
				}
				continue
			}
			r.Differences = append(r.Differences, d)
			if o.Found != nil {
				o.Found(d)
			}
		case errors.Is(got.err, errBroken) && broken < mostBroken:
			broken++
			r.Known["B-26"]++
			if err := b.renew(); err != nil {
				return r, err
			}
		case ctx.Err() != nil:
		default:
			return r, got.err
		}
	}
	return r, nil
}

// mostBroken is how often in a run a broker may fail on what is there.
const mostBroken = 20

func (b *bench) history(f *feed, number int) *history.History {
	return &history.History{
		Header: history.Header{Profile: b.profile.String(), Broker: b.admin.product, More: []history.Pair{
			{Key: "seed", Value: fmt.Sprint(b.opts.Seed)}, {Key: "sequence", Value: fmt.Sprint(number)},
		}},
		Items: f.items,
	}
}

// difference looks closely at a sequence that has shown one.
func (b *bench) difference(ops []Op, f *feed, number int) Difference {
	d := Difference{Sequence: number, Ops: ops, History: b.history(f, number)}
	x := f.result()
	d.Item, d.Instead = min(x.Item, len(f.items)-1), x.Instead
	if x.Verdict == admit.Unknown {
		d.Instead = []string{x.Reason}
	}
	return d
}

// Observed is what the machine does not admit.
func (d *Difference) Observed() history.Item { return d.History.Items[d.Item] }

// known returns the clause of SPEC.md that lists the difference as one that the machine does not model, "" if none does.
func (d *Difference) known() string {
	switch m := d.Observed().Frame.Method.(type) {
	case amqp.ConnectionClose:
		if m.Code == amqp.InternalError {
			return "B-20"
		}
	case amqp.ChannelOpenOk:
		if slices.ContainsFunc(d.Instead, func(s string) bool {
			return strings.Contains(s, "class-id=20 method-id=41") || strings.Contains(s, "second 'channel.open' seen")
		}) {
			return "B-24"
		}
	}
	return ""
}

// look is the same for differences that are likely to be one: whose items are of the same kind, and what is predicted.
func (d *Difference) look() string {
	i := d.Observed()
	s := fmt.Sprint(i.Kind)
	if i.Kind == history.Sent || i.Kind == history.Seen {
		s += " " + methodName(i.Frame.Method) + code(text(i.Frame))
	}
	if len(d.Instead) == 0 {
		return s
	}
	instead := d.Instead[0]
	if at := strings.Index(instead, " sees "); at >= 0 {
		instead = instead[at+len(" sees "):]
	}
	words := strings.SplitN(instead, " ", 3)
	if len(words) > 1 {
		instead = words[1] + code(instead)
	}
	return s + " / " + instead
}

// code is what a method's text says of a reply code.
func code(text string) string {
	_, after, ok := strings.Cut(text, " code=")
	if !ok {
		return ""
	}
	number, _, _ := strings.Cut(after, " ")
	return " " + number
}
