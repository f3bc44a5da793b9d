package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/prover"
	"github.com/lockstep-prover/lockstep/spec"
)

// fileOptions is what the command line of prove says of the files of an exploration; its traces are the store's.
type fileOptions struct {
	spill       string        // a directory; "": what memory has no room for ends the exploration
	checkpoint  string        // a directory; "": none is written
	every       time.Duration // between checkpoints
	resume      bool
	certificate string // a file; "": none is written
}

// flags registers them.
func (o *fileOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.spill, "spill", "", "keep in this `directory` what --memory has no room for, in place of giving up")
	f.StringVar(&o.checkpoint, "checkpoint", "", "save each exploration in this `directory`, now and then and when it is done")
	f.DurationVar(&o.every, "checkpoint-every", time.Minute, "save it every `D`")
	f.BoolVar(&o.resume, "resume", false, "go on from what is saved in the directory of --checkpoint")
	f.StringVar(&o.certificate, "certificate", "", "write a `file` that \"lockstep verify\" checks, if every property is proved")
}

// check tells of flags that do not go together.
func (o *fileOptions) check(cmd *cobra.Command) error {
	given := cmd.Flags().Changed
	for _, need := range []struct{ flag, other, why string }{
		{"spill", "memory", "is for what --memory has no room for; add --memory SIZE"},
		{"checkpoint-every", "checkpoint", "is for --checkpoint DIRECTORY"},
		{"resume", "checkpoint", "goes on from what --checkpoint DIRECTORY has saved"},
	} {
		if given(need.flag) && !given(need.other) {
			return usage("--%s %s", need.flag, need.why)
		}
	}
	questions := []string{"frontier", "tightest", "random"}
	for i, one := range questions {
		for _, other := range questions[i+1:] {
			if given(one) && given(other) {
				return usage("--%s and --%s are two questions; ask one of them", one, other)
			}
		}
	}
	for _, flag := range []string{"checkpoint", "certificate"} {
		for _, question := range []string{"frontier", "tightest"} {
			if given(flag) && given(question) {
				return usage("--%s is of one exploration, and --%s makes many", flag, question)
			}
		}
	}
	for _, file := range []struct{ flag, path string }{
		{"spill", o.spill}, {"checkpoint", o.checkpoint}, {"certificate", o.certificate},
	} {
		if given(file.flag) && file.path == "" {
			return usage("--%s cannot be empty", file.flag)
		}
	}
	if o.every <= 0 {
		return usage("--checkpoint-every is more than 0")
	}
	return nil
}

// probe tells, before anything is explored, which of the files cannot be written, and makes the directory to spill to.
func (o *fileOptions) probe() error {
	wrong := func(flag, path string, err error) error {
		return fmt.Errorf("--%s, and %s cannot be: %w", flag, path, err)
	}
	if o.spill != "" {
		err := writable(o.spill)
		if err == nil {
			err = withoutPath(os.MkdirAll(o.spill, 0o777))
		}
		if err != nil {
			return wrong("spill is a directory to write to", o.spill, err)
		}
	}
	if o.checkpoint != "" {
		if err := writable(o.checkpoint); err != nil {
			return wrong("checkpoint is a directory to write to", o.checkpoint, err)
		}
	}
	if o.certificate != "" {
		err := writable(filepath.Dir(o.certificate))
		if info, missing := os.Stat(o.certificate); missing == nil && info.IsDir() {
			err = errors.New("it is a directory")
		}
		if err != nil {
			return wrong("certificate is a file to write", o.certificate, err)
		}
	}
	return nil
}

// explore is explore with the checkpoint of the choice, a file that is named as traces are, but for the property:
//
//	saved/mutex-exclusive-queue/states_blackhole=0_pause=1.checkpoint
func (o *fileOptions) explore(ctx context.Context, c *choice, options prover.Options, timeout time.Duration) *outcome {
	if o.checkpoint == "" {
		return explore(ctx, c, options, timeout)
	}
	file := filepath.Join(o.checkpoint, c.folder(), c.fileName("states")+".checkpoint")
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		out := notExplored(c, "no checkpoint can be written")
		out.err = fmt.Errorf("checkpoint: %w", err)
		return out
	}
	options.Checkpoint = prover.Checkpoint{File: file, Every: o.every, Resume: o.resume}
	return explore(ctx, c, options, timeout)
}

// certified picks what a certificate is written for: one choice, and of its properties those that are selected, or else those that
// can be certified and are claimed.
func (o *fileOptions) certified(systems [][]*choice, selected bool) (*choice, error) {
	if len(systems) > 1 {
		return nil, fmt.Errorf("--certificate is for one system, and not for %d; name one", len(systems))
	}
	choices := systems[0]
	c := choices[0]
	if len(choices) > 1 {
		return nil, fmt.Errorf("--certificate is for one choice of parameters, and %s has %d; add --set for %s", c.entry.Name,
			len(choices), choosable(choices))
	}
	c.claims = slices.DeleteFunc(c.claims, func(p spec.Claim) bool {
		return !selected && (prover.Certifiable(p.Property) != nil || p.Claimed != model.Proved)
	})
	for _, p := range c.claims {
		if err := prover.Certifiable(p.Property); err != nil {
			return nil, err
		}
	}
	if len(c.claims) == 0 {
		return nil, fmt.Errorf("no property of %s %v that is claimed can be certified", c.entry.Name, c.settings)
	}
	return c, nil
}

// choosable lists the parameters in which the choices differ, with the values that they have there.
func choosable(choices []*choice) string {
	var words []string
	for i, p := range choices[0].settings {
		var values []string
		for _, c := range choices {
			if v := c.settings[i].Value; !slices.Contains(values, v) {
				values = append(values, v)
			}
		}
		if len(values) > 1 {
			words = append(words, fmt.Sprintf("%s (%s)", p.Name, strings.Join(values, ", ")))
		}
	}
	return strings.Join(words, ", ")
}

// certificateFile is a certificate on its way: a file of another name, which is made when there is something to write.
type certificateFile struct {
	name string
	*os.File
}

func (f *certificateFile) Write(p []byte) (n int, err error) {
	if f.File == nil {
		if err = os.MkdirAll(filepath.Dir(f.name), 0o777); err != nil {
			return 0, err
		}
		if f.File, err = os.CreateTemp(filepath.Dir(f.name), ".certificate-*"); err != nil {
			return 0, err
		}
	}
	return f.File.Write(p)
}

// end puts the file in its place if everything is proved, and takes it away otherwise. The error tells why there is no
// certificate, unless the outcome does.
func (f *certificateFile) end(o *outcome) error {
	var not []string
	ending := asClaimed
	for _, r := range o.results {
		switch r.Verdict {
		case model.Proved:
			continue
		case model.Refuted:
			ending = violated
		default:
			ending = worse(ending, undecided)
		}
		not = append(not, fmt.Sprintf("%s is %v", r.Property.Name, r.Verdict))
	}
	var err error
	switch {
	case o.err != nil:
	case not != nil:
		err = failed(ending, fmt.Errorf("no certificate is written: %s", strings.Join(not, ", ")))
	default:
		if err = inPlace(f.File, f.name); err == nil {
			return nil
		}
		err = failed(broken, fmt.Errorf("writing the certificate: %w", err))
	}
	if f.File != nil {
		f.Close()
		os.Remove(f.File.Name())
	}
	return err
}
