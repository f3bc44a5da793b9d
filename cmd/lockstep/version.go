package main

import (
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lockstep-prover/lockstep/traces"
)

// versionJSON is the object of `version --json`.
type versionJSON struct {
	Schema   string   `json:"schema"`   // "lockstep/version/v1"
	Version  string   `json:"version"`  // as the go command knows it: "v1.2.3", or "(devel)"
	Revision string   `json:"revision"` // of the source, if the go command recorded it; else ""
	Modified bool     `json:"modified"` // the source had changes over that revision
	Go       string   `json:"go"`       // "go1.26.8"
	Platform string   `json:"platform"` // "linux/amd64"
	Trace    string   `json:"trace"`    // the trace format's version: "v1"
	Schemas  []string `json:"schemas"`  // what --json prints
}

func newVersion(c *console) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version of this program and of its formats",
		Long: `Prints the version of this program, of the Go it was built with, and of the formats that it reads and
writes.`,
		Example: `  lockstep version
  lockstep version --json`,
		Args: noArguments,
		RunE: func(*cobra.Command, []string) error {
			c.version(asJSON)
			return nil
		},
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}

func (c *console) version(asJSON bool) {
	v := versionJSON{
		Schema: versionSchema, Version: "(devel)", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH,
		Trace: traceVersion(), Schemas: schemas,
	}
	if build, ok := debug.ReadBuildInfo(); ok {
		if build.Main.Version != "" {
			v.Version = build.Main.Version
		}
		for _, s := range build.Settings {
			switch s.Key {
			case "vcs.revision":
				v.Revision = s.Value
			case "vcs.modified":
				v.Modified = s.Value == "true"
			}
		}
	}
	if asJSON {
		c.printJSON(v)
		return
	}
	c.printf("lockstep %s\n", v.Version)
	if v.Revision != "" {
		state := ""
		if v.Modified {
			state = ", modified"
		}
		c.printf("source   %s%s\n", v.Revision, state)
	}
	c.printf("go       %s %s\n", v.Go, v.Platform)
	c.printf("traces   %s\n", v.Trace)
	c.printf("json     %s\n", strings.Join(v.Schemas, " "))
}

// traceVersion is the version of the trace format, as a trace says it.
func traceVersion() string {
	first, _, _ := strings.Cut(new(traces.Trace).String(), "\n")
	return first[strings.LastIndexByte(first, ' ')+1:]
}
