package certificate

import (
	"context"

	"github.com/lockstep-prover/lockstep/model"
)

// replay reads the log and runs the machines as it says.
func (t *tables) replay(ctx context.Context, l *lines, symmetry bool) error {
	n, err := l.count("log")
	if err != nil {
		return err
	}
	for i := range n {
		if i%pace == 0 && ctx.Err() != nil {
			return interrupted(ctx, "replaying the log")
		}
		text, err := l.next()
		if err != nil {
			return err
		}
		if rest, ok := cut(text, "step"); ok {
			err = t.replayStep(l, rest)
		} else if rest, ok := cut(text, "image"); ok && symmetry {
			err = t.replayImage(l, rest)
		} else if ok {
			err = l.wrong("an image in a certificate without symmetry")
		} else {
			err = l.wrong("line %d of %d of the log is a step or an image, not %s", i+1, n, quote(text))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// local reads the two numbers of a local state.
func (t *tables) local(l *lines, text []byte) (id model.ID, n uint32, rest []byte, err error) {
	m, rest, ok := number(text)
	if !ok || rest == nil {
		return 0, 0, nil, l.wrong("the line names no machine: %s", quote(text))
	}
	if int64(m) >= int64(len(t.locals)) {
		return 0, 0, nil, l.wrong("machine %d, of %d", m, len(t.locals))
	}
	n, after, ok := number(rest)
	if !ok || after == nil {
		return 0, 0, nil, l.wrong("the line names no local state: %s", quote(text))
	}
	if known := t.locals[m]; int64(n) >= int64(len(known)) {
		return 0, 0, nil, l.wrong("local state %d of %s, which has %d so far", n, t.system.Name(model.ID(m)), len(known))
	}
	return model.ID(m), n, after, nil
}

func (t *tables) replayStep(l *lines, text []byte) error {
	id, n, rest, err := t.local(l, text)
	if err != nil {
		return err
	}
	var o *outcome
	if last, own := cut(rest, "own"); own {
		k, after, ok := number(last)
		if !ok || after != nil {
			return l.wrong("a step ends in \"own K\" or \"input X\", not %s", quote(rest))
		}
		if offered := len(t.locals[id][n].actions); int64(k) >= int64(offered) {
			return l.wrong("action %d of %s in its local state %d, which has %d", k, t.system.Name(id), n, offered)
		}
		o = t.act(id, n, int(k))
	} else {
		last, input := cut(rest, "input")
		x, after, ok := number(last)
		if !input || !ok || after != nil {
			return l.wrong("a step ends in \"own K\" or \"input X\", not %s", quote(rest))
		}
		if int64(x) >= int64(len(t.messages)) {
			return l.wrong("message %d, of %d so far", x, len(t.messages))
		}
		o = t.take(id, n, x)
	}
	if o.broken != "" {
		return l.wrong("%s %s", t.system.Name(id), o.broken)
	}
	return nil
}

func (t *tables) replayImage(l *lines, text []byte) error {
	id, n, rest, err := t.local(l, text)
	if err != nil {
		return err
	}
	p, after, ok := number(rest)
	if !ok || after != nil {
		return l.wrong("an image ends in the number of a permutation, not %s", quote(rest))
	}
	if int64(p) >= int64(len(t.permutations)) {
		return l.wrong("permutation %d, of %d", p, len(t.permutations))
	}
	if _, broken := t.image(id, n, int(p)); broken != "" {
		return l.wrong("%s %s", t.system.Name(id), broken)
	}
	return nil
}
