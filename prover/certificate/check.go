package certificate

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/lockstep-prover/lockstep/model"
)

// Report counts what was looked at.
type Report struct {
	States int64 // of the set
	Steps  int64 // enabled actions taken in them, those that change nothing included
}

const (
	pace            = 1 << 12 // lines between two looks at the context
	maxPermutations = 1 << 16 // eight interchangeable machines have fewer; the images of nine would not fit into memory
)

// checker is one run of Check.
type checker struct {
	tables     *tables
	set        *set
	properties []*certified
	first      int // the line of the first state

	v, next, image []uint32 // the present state, its successor, an image of that
	view           model.View
	queue          []delivery
	objections     []objection // what machines said in the last step
	report         Report
}

// objection is a violation that a step reported.
type objection struct {
	machine model.ID
	reason  string
}

// Check reads the rest of the certificate and checks it against the system and the properties, which the caller has built from
// what the header says, the properties in its order and under its names. It returns nil if the certificate holds. Otherwise the
// error is a [Failure] if the states do not prove the properties; a [Malformed] if the text is not a certificate of this system;
// the cause of ctx if ctx is done; or it says why these properties cannot be certified at all. What is wrong with the text is
// told before anything that is wrong with the states, and of several failures the one of the first line.
//
// Check can be called once. It keeps the states packed and exact, some 30 bytes for each where one packs into eight.
func (c *Certificate) Check(ctx context.Context, sys *model.System, properties []model.Property) (Report, error) {
	if c.spent {
		return Report{}, errors.New("a certificate can be checked once")
	}
	c.spent = true
	k, err := c.newChecker(sys, properties)
	if err != nil {
		return Report{}, err
	}
	if err := k.tables.replay(ctx, c.lines, c.Symmetry); err != nil {
		return Report{}, err
	}
	if err := k.read(ctx, c.lines); err != nil {
		return k.report, err
	}
	err = k.check(ctx) // before the report is read
	return k.report, err
}

func (c *Certificate) newChecker(sys *model.System, properties []model.Property) (*checker, error) {
	if len(properties) != len(c.Properties) {
		return nil, fmt.Errorf("%d properties for a certificate of %d", len(properties), len(c.Properties))
	}
	k := &checker{}
	for i, p := range properties {
		if p.Name != c.Properties[i] {
			return nil, fmt.Errorf("property %d of the certificate is %q, not %q", i+1, c.Properties[i], p.Name)
		}
		if c.Symmetry && !p.Symmetric {
			return nil, fmt.Errorf("property %q is not symmetric, and the certificate uses the symmetry", p.Name)
		}
		q, err := certify(p)
		if err != nil {
			return nil, err
		}
		if p.Kind == model.Monitored {
			q.monitor = model.ID(sys.Len())
			if sys, err = sys.With(model.Member{Name: p.MonitorName(), Machine: p.Monitor}); err != nil {
				return nil, err
			}
		}
		k.properties = append(k.properties, q)
	}
	k.tables = newTables(sys)
	if err := k.tables.permute(c.Symmetry); err != nil {
		return nil, err
	}
	n := sys.Len()
	k.v, k.next, k.image, k.view = make([]uint32, n), make([]uint32, n), make([]uint32, n), make(model.View, n)
	for _, p := range k.properties {
		p.sight = make(model.View, n)
	}
	return k, nil
}

// read reads the states and the end of the file.
func (k *checker) read(ctx context.Context, l *lines) error {
	n, err := l.count("states")
	if err != nil {
		return err
	}
	k.first = l.line + 1
	limits := make([]uint32, len(k.v))
	for m := range limits {
		limits[m] = uint32(len(k.tables.locals[m]))
	}
	k.set = newSet(limits)
	for i := range n {
		if i%pace == 0 && ctx.Err() != nil {
			return interrupted(ctx, fmt.Sprintf("after reading %d of %d states", i, n))
		}
		text, err := l.next()
		if err != nil {
			return err
		}
		if err := k.vector(l, text); err != nil {
			return err
		}
		if old, isNew := k.set.add(k.v); !isNew {
			return l.wrong("the same state as in line %d", k.first+old)
		}
		k.report.States++
	}
	if _, err := l.next(); err != nil {
		return err
	}
	return l.end()
}

// vector reads a state into v.
func (k *checker) vector(l *lines, text []byte) error {
	rest, ok := text, true
	for m := range k.v {
		if k.v[m], rest, ok = number(rest); !ok || (rest == nil) != (m == len(k.v)-1) {
			return l.wrong("state %d of the set is %d numbers, not %s", k.report.States+1, len(k.v), quote(text))
		}
		if known := k.set.fields[m].limit; k.v[m] >= known {
			return l.wrong("local state %d of %s, which has %d", k.v[m], k.tables.system.Name(model.ID(m)), known)
		}
	}
	return nil
}

// check is the proof: the initial state is in the set, every state satisfies the properties, and every step leads into the set
// without an objection.
func (k *checker) check(ctx context.Context) error {
	clear(k.next)
	if in, err := k.contains(0); err != nil || !in {
		if err == nil {
			f := k.failure(0, "the initial state is not in the set")
			f.Successor, err = k.viewOf(k.next), f
		}
		return err
	}
	for i := range k.set.count {
		if ctx.Err() != nil {
			return interrupted(ctx, fmt.Sprintf("after checking %d of %d states", i, k.set.count))
		}
		k.set.unpack(k.v, i)
		for m, n := range k.v {
			k.view[m] = k.tables.locals[m][n].machine
		}
		if err := k.checkState(k.first + i); err != nil {
			return err
		}
	}
	return nil
}

// checkState checks the state in v, which is in that line.
func (k *checker) checkState(line int) error {
	for _, p := range k.properties {
		if p.Kind != model.Invariant {
			continue
		}
		if reason := p.fails(k.view); reason != "" {
			return k.failure(line, "%s", reason)
		}
	}
	stuck := true
	for m, n := range k.v {
		id := model.ID(m)
		for i, e := range k.tables.locals[m][n].actions {
			enabled, err := k.step(line, id, i)
			if err != nil {
				return err
			}
			if !enabled {
				continue
			}
			stuck = false
			k.report.Steps++
			if err := k.checkStep(line, id, e); err != nil {
				return err
			}
		}
	}
	for _, p := range k.properties {
		if p.Kind == model.DeadlockFree && stuck {
			if reason := p.fails(k.view); reason != "" {
				return k.failure(line, "no action is enabled: %s", reason)
			}
		}
	}
	return nil
}

// checkStep checks the step to next that the machine's action made from v.
func (k *checker) checkStep(line int, id model.ID, e model.Event) error {
	var f *Failure
	for _, p := range k.properties {
		if reason := p.objects(k.objections); reason != "" && f == nil {
			f = k.failureOf(line, id, e, "violates %s: %s", p.Name, reason)
		}
	}
	if f == nil {
		in, err := k.contains(line)
		if in || err != nil {
			return err
		}
		f = k.failureOf(line, id, e, "leads to %s, which is not in the set", k.render(k.next))
	}
	f.Successor = k.viewOf(k.next)
	return f
}

// contains reports whether next or, under symmetry, an image of it is in the set.
func (k *checker) contains(line int) (bool, error) {
	if k.set.has(k.next) {
		return true, nil
	}
	for p := 1; p < len(k.tables.permutations); p++ {
		to := k.tables.permutations[p]
		for m, n := range k.next {
			image, broken := k.tables.image(model.ID(m), n, p)
			if broken != "" {
				return false, k.failure(line, "%s %s when it is renamed", k.tables.system.Name(model.ID(m)), broken)
			}
			k.image[to[m]] = image
		}
		if k.set.has(k.image) {
			return true, nil
		}
	}
	return false, nil
}

// render writes a vector as a line of the file would have it. A local state that the log does not name is new.
func (k *checker) render(v []uint32) string {
	words := make([]string, len(v))
	for m, n := range v {
		words[m] = "new"
		if n < k.set.fields[m].limit {
			words[m] = strconv.FormatUint(uint64(n), 10)
		}
	}
	return strings.Join(words, " ")
}

func interrupted(ctx context.Context, when string) error {
	return fmt.Errorf("%s: %w", when, context.Cause(ctx))
}
