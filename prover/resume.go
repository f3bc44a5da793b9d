package prover

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"time"

	"github.com/lockstep-prover/lockstep/model"
)

// resume takes up the exploration where the checkpoint left it. It reports whether there was one. The error is a
// CheckpointError, or about reading.
func (e *exploration) resume() (bool, error) {
	f, err := os.Open(e.opts.Checkpoint.File)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return false, err
	}
	r := checkpointReader{in: bufio.NewReaderSize(io.LimitReader(f, info.Size()-sha256.Size), 1<<16), sum: sha256.New()}
	err = e.readCheckpoint(&r)
	want := make([]byte, sha256.Size)
	if err == nil {
		_, err = f.ReadAt(want, info.Size()-sha256.Size)
	}
	if err == nil && !bytes.Equal(want, r.sum.Sum(nil)) {
		err = errors.New("its sum is wrong; it is damaged")
	}
	var file *fs.PathError
	switch {
	case err == nil:
		return true, nil
	case errors.As(err, &file):
		return false, fmt.Errorf("checkpoint: %w", err)
	}
	return false, &CheckpointError{e.opts.Checkpoint.File, err}
}

// checkpointReader keeps the sum of what is read.
type checkpointReader struct {
	in  *bufio.Reader
	sum interface {
		io.Writer
		Sum([]byte) []byte
	}
	buf []byte
}

var errTruncated = errors.New("it ends too early")

func (r *checkpointReader) bytes(n int) ([]byte, error) {
	r.buf = slices.Grow(r.buf[:0], n)[:n]
	if _, err := io.ReadFull(r.in, r.buf); err != nil {
		return nil, ended(err)
	}
	r.sum.Write(r.buf)
	return r.buf, nil
}

func (r *checkpointReader) line() ([]byte, error) {
	line, err := r.in.ReadBytes('\n')
	if err != nil {
		return nil, ended(err)
	}
	r.sum.Write(line)
	return line, nil
}

// ended is err in words if it is the end of the file.
func ended(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return errTruncated
	}
	return err
}

func (e *exploration) readCheckpoint(r *checkpointReader) error {
	if magic, err := r.line(); err == errTruncated || err == nil && string(magic) != checkpointMagic {
		return errors.New("this is no checkpoint of this version")
	} else if err != nil {
		return err
	}
	line, err := r.line()
	if err != nil {
		return err
	}
	var h saved
	if err := json.Unmarshal(line, &h); err != nil {
		return fmt.Errorf("its header: %w", err)
	}
	if err := e.matches(&h); err != nil {
		return err
	}
	for i := range h.Log {
		b, err := r.bytes(16)
		if err != nil {
			return err
		}
		var n [4]uint32
		for k := range n {
			n[k] = binary.LittleEndian.Uint32(b[4*k:])
		}
		if !e.tabs.redo(derivation{derived(n[0]), n[1], n[2], n[3]}, &e.workers[0].step.scratch) {
			return fmt.Errorf("entry %d of its log makes no sense: it is damaged, or of another version of the model", i)
		}
	}
	for i, l := range e.tabs.machines {
		if l.len() != h.Locals[i] {
			return fmt.Errorf("%s had %d local states and has %d: the model has changed", l.name, h.Locals[i], l.len())
		}
	}
	if e.tabs.digest() != h.Digest {
		return errors.New("its machines do other things than those of the checkpoint: the model has changed")
	}
	if err := e.restoreResults(&h); err != nil {
		return err
	}
	return e.restoreStates(&h, r)
}

// matches reports how the checkpoint is of another exploration than e.
func (e *exploration) matches(h *saved) error {
	var names []string
	for _, l := range e.tabs.machines {
		names = append(names, l.name)
	}
	if !slices.Equal(names, h.Machines) || len(h.Widths) != len(names) || len(h.Locals) != len(names) {
		return fmt.Errorf("it is of another system: its machines are %v, not %v", h.Machines, names)
	}
	same := len(h.Properties) == len(e.properties)
	for i := 0; same && i < len(h.Properties); i++ {
		same = h.Properties[i].Name == e.properties[i].Name && h.Properties[i].Kind == e.properties[i].Kind
	}
	if !same {
		return errors.New("it is of other properties")
	}
	if h.Symmetry != (e.symmetry != nil) {
		return errors.New("it was made with another setting of the reductions")
	}
	return nil
}

// redo takes an entry of a log. It reports whether the entry makes sense.
func (t *tables) redo(d derivation, tmp *scratch) bool {
	if int(d.machine) >= len(t.machines) {
		return false
	}
	l := t.machines[d.machine]
	if int(d.local) >= l.len() {
		return false
	}
	switch d.kind {
	case byAction:
		if int(d.arg) >= len(l.at(d.local).acts) {
			return false
		}
		t.act(l, d.local, int(d.arg), tmp)
	case byMessage:
		input, ok := l.byInput[d.arg]
		if !ok {
			return false
		}
		t.take(l, d.local, input, tmp)
	case byImage:
		nth := 0
		for to := range t.system.Symmetry.Permutations(len(t.machines)) {
			if nth == int(d.arg) {
				t.image(l, d.local, t.machines[to[l.id]], nth, model.Renaming(to), tmp)
				return true
			}
			nth++
		}
		return false
	default:
		return false
	}
	return true
}

func (e *exploration) restoreResults(h *saved) error {
	for i, p := range h.Properties {
		if p.Verdict == model.Unknown {
			continue
		}
		c := e.properties[i]
		c.result = Result{
			Property: c.Property, Verdict: p.Verdict, Reason: p.Reason, States: p.States, Transitions: p.Transitions, Depth: p.Depth,
			Exact: true, Reductions: p.Reductions, Elapsed: p.Elapsed, Trace: []model.Action{},
		}
		st := e.system.Start()
		for _, a := range p.Trace {
			action, err := st.Find(a.Machine, a.Event)
			if err != nil {
				return fmt.Errorf("its counterexample to %s: %w", p.Name, err)
			}
			st.Step(action)
			c.result.Trace = append(c.result.Trace, action)
		}
	}
	e.reached, e.transitions, e.cut = h.Reached, h.Transitions, h.Cut
	e.start = time.Now().Add(-h.Elapsed)
	return nil
}

// restoreStates reads the levels as if they were explored: the visited set has all of them, and next the last.
func (e *exploration) restoreStates(h *saved, r *checkpointReader) error {
	old := place(h.Widths, h.LevelWidth)
	if old == nil {
		return errors.New("its header makes no sense")
	}
	e.layout = newLayout(e.tabs, h.Depth)
	e.newVisited()
	move := newRepacker(e, old)
	src := make([]uint64, old.words)
	for i := range h.Depth + 1 {
		e.depth = i - 1
		e.next = e.newLevel()
		b, err := r.bytes(8)
		if err != nil {
			return err
		}
		for range binary.LittleEndian.Uint64(b) {
			if b, err = r.bytes(8 * old.words); err != nil {
				return err
			}
			for k := range src {
				src[k] = binary.LittleEndian.Uint64(b[8*k:])
			}
			move.take(src)
			if h, fresh := move.add(i); fresh {
				e.next.add(shardOf(h), move.p)
			}
			if move.err != nil {
				return move.err
			}
		}
		if e.disk != nil {
			if err := e.confirm(); err != nil {
				return err
			}
		} else if i < h.Depth {
			e.next.recycle()
		}
	}
	e.depth, e.states = h.Depth, h.States
	return nil
}
