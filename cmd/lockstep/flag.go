package main

import "github.com/spf13/cobra"

// The schemas of what --json prints, one for each verb. doc.go describes the objects.
const (
	listSchema    = "lockstep/list/v1"
	proveSchema   = "lockstep/prove/v1"
	showSchema    = "lockstep/show/v1"
	replaySchema  = "lockstep/replay/v1"
	brokerSchema  = "lockstep/broker/v1"
	versionSchema = "lockstep/version/v1"
)

var schemas = []string{listSchema, proveSchema, showSchema, replaySchema, brokerSchema, versionSchema}

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
