package prover

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/lockstep-prover/lockstep/model"
)

// A checkpoint is the state of an exploration between two levels:
//
//	lockstep checkpoint 1 ⏎
//	one line of JSON: saved
//	the log of the tables, four 32-bit numbers each
//	for each level its number of states (64 bits) and the states, packed
//	SHA-256 of all that
//
// It holds no machine: the log, done again, gives every local state its number again.

// Checkpoint says where an exploration is saved, so that it can go on after the process has died.
type Checkpoint struct {
	File   string        // written beside it and put in its place, so that a whole one is always there; "": none
	Every  time.Duration // no more often; 0: every minute
	Resume bool          // begin with what File holds, if it is there; the properties have to be the same, which only their names tell
}

// CheckpointError says that a checkpoint is none to resume from: it is damaged, or of another exploration. It is untouched.
type CheckpointError struct {
	File   string
	Reason error
}

func (e *CheckpointError) Error() string { return fmt.Sprintf("checkpoint %s: %v", e.File, e.Reason) }

// Unwrap returns the reason.
func (e *CheckpointError) Unwrap() error { return e.Reason }

const checkpointMagic = "lockstep checkpoint 1\n"

// saved is the header of a checkpoint.
type saved struct {
	Machines    []string // by ID
	Locals      []int    // how many local states each has
	Digest      string   // of all that the tables know
	Log         int      // entries
	Widths      []uint   // bits of the slots
	LevelWidth  uint
	Symmetry    bool
	Depth       int // the level to be expanded
	Reached     int
	States      int64
	Transitions int64
	Cut         string
	Elapsed     time.Duration
	Properties  []savedProperty
}

// savedProperty is a property, and its result if it has one.
type savedProperty struct {
	Name        string
	Kind        model.Kind
	Verdict     model.Verdict
	Reason      string
	States      int64
	Transitions int64
	Depth       int
	Reductions  []string
	Elapsed     time.Duration
	Trace       []savedAction
}

type savedAction struct{ Machine, Event string }

// save writes a checkpoint if it is time to, or in any case.
func (e *exploration) save(now bool) {
	c := e.opts.Checkpoint
	if c.File == "" || e.err != nil || !now && time.Since(e.savedAt) < c.Every {
		return
	}
	e.savedAt = time.Now()
	if err := e.writeCheckpoint(c.File); err != nil {
		e.failed(fmt.Errorf("checkpoint: %w", err))
	}
}

func (e *exploration) writeCheckpoint(name string) (err error) {
	f, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	sum := sha256.New()
	out := bufio.NewWriterSize(io.MultiWriter(f, sum), 1<<16)
	header, err := json.Marshal(e.header())
	if err != nil {
		return err
	}
	out.WriteString(checkpointMagic)
	out.Write(append(header, '\n'))
	var buf []byte
	for _, d := range e.tabs.log {
		buf = buf[:0]
		for _, n := range []uint32{uint32(d.kind), d.machine, d.local, d.arg} {
			buf = binary.LittleEndian.AppendUint32(buf, n)
		}
		out.Write(buf)
	}
	met := e.collect(e.depth)
	for i := range e.depth + 1 {
		if err := e.writeLevel(out, met, i); err != nil {
			return err
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	if _, err := f.Write(sum.Sum(nil)); err != nil {
		return err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

func (e *exploration) writeLevel(out *bufio.Writer, met *levels, i int) error {
	var states uint64
	if err := met.each(i, func(part []uint64) { states += uint64(len(part) / e.layout.words) }); err != nil {
		return err
	}
	buf := binary.LittleEndian.AppendUint64(nil, states)
	out.Write(buf)
	return met.each(i, func(part []uint64) {
		for _, w := range part {
			buf = binary.LittleEndian.AppendUint64(buf[:0], w)
			out.Write(buf)
		}
	})
}

func (e *exploration) header() saved {
	h := saved{
		Log: len(e.tabs.log), LevelWidth: e.layout.levelWidth, Symmetry: e.symmetry != nil,
		Depth: e.depth, Reached: e.reached, States: e.states, Transitions: e.transitions, Cut: e.cut, Elapsed: time.Since(e.start),
	}
	for i, l := range e.tabs.machines {
		h.Machines = append(h.Machines, l.name)
		h.Locals = append(h.Locals, l.len())
		h.Widths = append(h.Widths, e.layout.slots[i].width)
	}
	h.Digest = e.tabs.digest()
	for _, c := range e.properties {
		r := &c.result
		p := savedProperty{
			Name: c.Name, Kind: c.Kind, Verdict: r.Verdict, Reason: r.Reason, States: r.States, Transitions: r.Transitions, Depth: r.Depth,
			Reductions: r.Reductions, Elapsed: r.Elapsed,
		}
		for _, a := range c.result.Trace {
			p.Trace = append(p.Trace, savedAction{e.system.Name(a.Machine), a.Event.String()})
		}
		h.Properties = append(h.Properties, p)
	}
	return h
}

// digest is a hash of all that the tables know: what each local state is and offers, and what comes of each local transition. A model
// that has changed in any of it has another one, unless it changed only where no exploration has been.
func (t *tables) digest() string {
	sum := sha256.New()
	var key []byte
	number := func(n ...int) {
		for _, n := range n {
			key = binary.LittleEndian.AppendUint32(key, uint32(n))
		}
	}
	known := func(r *result) {
		if r == nil {
			number(0)
			return
		}
		number(1, int(r.next), len(r.sends))
		for _, d := range r.sends {
			number(int(d.to), int(d.input))
		}
		key = model.AppendBool(model.AppendString(model.AppendString(key, r.cut), r.violation), r.refused)
	}
	for _, l := range t.machines {
		for _, s := range *l.list.Load() {
			key = s.machine.AppendState(key[:0])
			number(len(key), len(s.events))
			for k, e := range s.events {
				key = model.AppendString(key, e.String())
				known(s.acts[k].Load())
			}
			takes := *s.takes.Load()
			for input := range l.inputsLen() {
				if input < len(takes) {
					known(takes[input].Load())
				} else {
					known(nil)
				}
			}
			sum.Write(key)
		}
	}
	return fmt.Sprintf("%x", sum.Sum(nil))
}
