package main

import (
	"regexp"

	"github.com/spf13/cobra"
)

// The schemas of what --json prints, one for each verb. doc.go describes the objects.
const (
	listSchema     = "lockstep/list/v1"
	proveSchema    = "lockstep/prove/v1"
	frontierSchema = "lockstep/frontier/v1"
	tightestSchema = "lockstep/tightest/v1"
	randomSchema   = "lockstep/random/v1"
	showSchema     = "lockstep/show/v1"
	shrinkSchema   = "lockstep/shrink/v1"
	replaySchema   = "lockstep/replay/v1"
	conformSchema  = "lockstep/conform/v1"
	verifySchema   = "lockstep/verify/v1"
	costSchema     = "lockstep/cost/v1"
	askSchema      = "lockstep/ask/v1"
	brokerSchema   = "lockstep/broker/v1"
	versionSchema  = "lockstep/version/v1"
)

var schemas = []string{listSchema, proveSchema, frontierSchema, tightestSchema, randomSchema, showSchema, shrinkSchema, replaySchema, conformSchema, verifySchema, costSchema, askSchema, brokerSchema, versionSchema}

// invalidValue is how pflag says that a value cannot be parsed: the value, quoted, and the flag.
var invalidValue = regexp.MustCompile(`(?s)^invalid argument (".*") for "--([a-z-]+)" flag: `)

// wrongFlag says of a value that cannot be parsed what there should be, in place of the parser's own words.
func wrongFlag(cmd *cobra.Command, err error) error {
	m := invalidValue.FindStringSubmatch(err.Error())
	if m == nil {
		return err
	}
	value, name := m[1], m[2]
	switch cmd.Flags().Lookup(name).Value.Type() {
	case "int", "int64", "uint64":
		return usage("--%s is a number such as 3, not %s", name, value)
	case "duration":
		return usage("--%s is a time such as 90s or 10m, not %s", name, value)
	case "bool":
		return usage("--%s is true or false, not %s", name, value)
	}
	return err
}

func jsonFlag(cmd *cobra.Command, asJSON *bool) {
	cmd.Flags().BoolVar(asJSON, "json", false, "print one JSON object, described by go doc ./cmd/lockstep, and no progress")
}

func noArguments(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usage("takes no argument, got %q", args[0])
	}
	return nil
}

func oneTrace(_ *cobra.Command, args []string) error {
	if len(args) != 1 {
		return usage("takes one trace file, or - for standard input; got %d arguments", len(args))
	}
	return nil
}
