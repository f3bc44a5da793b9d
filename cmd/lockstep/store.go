package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/prover"
	"github.com/lockstep-prover/lockstep/spec"
	"github.com/lockstep-prover/lockstep/traces"
)

// defaultOut is where a newcomer finds the traces.
const defaultOut = "lockstep-out"

// store writes traces into a directory, one for each refutation, named by what it refutes:
//
//	lockstep-out/mutex-exclusive-queue/belief-exclusion_blackhole=0_pause=1.trace
type store struct {
	dir    string // "": traces are not kept
	count  int    // of traces written
	suffix string // of their names, before ".trace": random runs leave those of exhaustive ones alone
	err    error  // the first; nothing is written after it
}

// probe tells, before anything is explored, whether traces can be written. It leaves nothing behind: the directory is made
// when there is a trace.
func (s *store) probe() error {
	if s.dir == "" {
		return nil
	}
	if err := writable(s.dir); err != nil {
		return fmt.Errorf("--out is a directory to write traces to, and %s cannot be: %w", s.dir, err)
	}
	return nil
}

// writable tells why the directory cannot be written to, or made.
func writable(dir string) error {
	parent := filepath.Clean(dir)
	_, err := os.Lstat(parent)
	for errors.Is(err, fs.ErrNotExist) && filepath.Dir(parent) != parent {
		parent = filepath.Dir(parent)
		_, err = os.Lstat(parent)
	}
	if err == nil {
		var trial string
		if trial, err = os.MkdirTemp(parent, ".lockstep-*"); err == nil {
			err = os.Remove(trial)
		}
	}
	return withoutPath(err)
}

// withoutPath leaves out of an error on which path it happened.
func withoutPath(err error) error {
	if wrong := (*fs.PathError)(nil); errors.As(err, &wrong) {
		return wrong.Err
	}
	return err
}

// keep writes the refutations among the results and returns their paths, "" where there is none.
func (s *store) keep(c *choice, results []prover.Result) []string {
	paths := make([]string, len(results))
	if s.dir == "" {
		return paths
	}
	for i, r := range results {
		if r.Verdict != model.Refuted || r.Trace == nil || s.err != nil {
			continue
		}
		path := filepath.Join(s.dir, c.folder(), c.fileName(r.Property.Name)+s.suffix+".trace")
		if err := writeTrace(path, record(c, r)); err != nil {
			s.err = fmt.Errorf("writing a trace: %w", err)
			continue
		}
		paths[i] = path
		s.count++
	}
	return paths
}

// folder is where files of the system are kept.
func (c *choice) folder() string { return strings.ReplaceAll(c.entry.Name, "/", "-") }

// fileName names a file of a choice by a word and those parameters that have not their defaults.
func (c *choice) fileName(word string) string {
	for _, s := range notDefault(c.entry, c.settings) {
		word += "_" + s.String()
	}
	return word
}

// record makes a trace of a refutation, with the words of the property's monitor in it.
func record(c *choice, r prover.Result) *traces.Trace {
	header := traces.Trace{System: c.entry.Name, Property: r.Property.Name, Expect: r.Verdict, Lasso: r.Lasso, Cycle: r.Cycle}
	for _, s := range c.settings {
		header.Parameters = append(header.Parameters, traces.Parameter(s))
	}
	sys := c.system
	if r.Property.Kind == model.Monitored {
		var err error
		if sys, err = sys.With(model.Member{Name: r.Property.MonitorName(), Machine: r.Property.Monitor}); err != nil {
			panic(fmt.Sprintf("lockstep: %s: %v", c.entry.Name, err)) // the prover did the same
		}
	}
	t, err := traces.Record(sys, header, r.Trace)
	if err != nil {
		panic(fmt.Sprintf("lockstep: a counterexample of the prover cannot be a trace: %v", err))
	}
	return t
}

// writeTrace writes a file that is there completely or not at all.
func writeTrace(path string, t *traces.Trace) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".trace-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	if err := t.Format(f); err != nil {
		f.Close()
		return err
	}
	return inPlace(f, path)
}

// inPlace closes a file that is complete and gives it its name.
func inPlace(f *os.File, path string) error {
	if err := errors.Join(f.Chmod(0o644), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// kept is a trace read back: it runs on the system of today, and shows what it says.
type kept struct {
	*choice // with the one property that the trace is about
	trace   *traces.Trace
	verdict model.Verdict
	why     string
}

// readTrace reads a trace, builds its system and judges it. Whatever is wrong with it is the user's affair, and the error
// begins with the name of the file.
func (c *console) readTrace(path string) (*kept, error) {
	name, in := path, c.stdin
	if path == "-" {
		name = "standard input"
	} else {
		f, err := os.Open(path)
		if err != nil {
			return nil, failed(wrongUsage, err)
		}
		defer f.Close()
		in = f
	}
	t, err := traces.Parse(in)
	if err != nil {
		return nil, usage("%s: %w", name, err)
	}
	k, err := judge(t)
	if err != nil {
		return nil, usage("%s: %w", name, err)
	}
	return k, nil
}

func judge(t *traces.Trace) (*kept, error) {
	var stated []spec.Setting
	for _, p := range t.Parameters {
		stated = append(stated, spec.Setting(p))
	}
	about, err := spec.Resolve(t.System, stated, t.Property)
	if err != nil {
		return nil, err
	}
	c := &choice{about.Entry, about.Settings, about.System, []spec.Claim{about.Claim}}
	verdict, why, err := traces.Judge(t, c.system, c.claims[0].Property)
	if err != nil {
		return nil, err
	}
	return &kept{c, t, verdict, why}, nil
}
