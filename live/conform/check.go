package conform

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/lockstep-prover/lockstep/live/history"
	"github.com/lockstep-prover/lockstep/model/amqp"
	"github.com/lockstep-prover/lockstep/model/broker"
	"github.com/lockstep-prover/lockstep/prover/admit"
)

// Result is what the machine says of a history.
type Result struct {
	Verdict admit.Verdict
	Item    int      // the first that the machine does not admit, or where it became unknown; as many as there are: none
	Instead []string // inadmissible: what the machine has in place of it
	Reason  string   // unknown: why
}

// Check holds a recorded history against the machine that its header names, which begins without queues and exchanges but those that every
// RabbitMQ has. The error says that the header or a number in the recording makes no sense.
func Check(h *history.History) (Result, error) {
	profile, err := broker.ParseProfile(h.Header.Profile)
	if err != nil {
		return Result{}, fmt.Errorf("the history's header: %w", err)
	}
	o := broker.Options{Profile: profile, Grain: broker.Process, Hosts: []string{"/"}}
	for _, i := range h.Items {
		if m, ok := i.Frame.Method.(amqp.ConnectionOpen); ok && i.Kind == history.Sent {
			o.Hosts = append(o.Hosts, m.VirtualHost)
		}
	}
	f := newFeed(o)
	for _, i := range h.Items {
		f.add(i)
	}
	f.judge.Look()
	return f.result(), nil
}

// result looks closely at a feed.
func (f *feed) result() Result {
	if f.judge.Verdict() == admit.Admitted {
		return Result{Item: len(f.items)}
	}
	x := f.judge.Explain()
	r := Result{x.Verdict, len(f.items), x.Instead, x.Reason}
	if x.Item < len(f.origin) {
		r.Item = f.origin[x.Item]
	}
	return r
}

// ProfileOf is the profile to hold a RabbitMQ of that version against: the newest that is not newer, the oldest if it is older than all.
func ProfileOf(version string) broker.Profile {
	var best broker.Profile
	for i := range broker.ProfileNames() {
		if p := broker.Profile(i); slices.Compare(numbers(p.Version())[:2], numbers(version)) <= 0 {
			best = p
		}
	}
	return best
}

// numbers are those of a version, at least two.
func numbers(version string) []int {
	var all []int
	for s := range strings.SplitSeq(version, ".") {
		n, _ := strconv.Atoi(s)
		all = append(all, n)
	}
	return append(all, make([]int, max(0, 2-len(all)))...)
}
