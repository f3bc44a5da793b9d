package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// run is the program: it parses args, does what they say, and returns the exit status. Results go to stdout, progress and
// diagnostics to stderr. An error is one line. When ctx ends, a run comes to an end with what is known by then.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer, env environment) int {
	c := newConsole(stdin, stdout, stderr, env)
	root := newRoot(c)
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetErr(stderr)
	verb, err := root.ExecuteContextC(ctx)
	s, line := statusOf(err)
	if line != "" {
		fmt.Fprintf(stderr, "%s: %s\n", verb.CommandPath(), line)
	}
	if c.stdout.err != nil {
		fmt.Fprintf(stderr, "%s: writing the results: %v\n", verb.CommandPath(), c.stdout.err)
		s = worse(s, broken)
	}
	return int(s)
}

func newRoot(c *console) *cobra.Command {
	var asVersion bool
	root := &cobra.Command{
		Use:   "lockstep VERB",
		Short: "proves or refutes what distributed lock protocols promise",
		Long: `Lockstep proves or refutes what distributed lock protocols promise, above all those on AMQP (RabbitMQ),
and shows every refutation happening on a real broker.`,
		Example: `  lockstep prove                                every system, every property: a table of verdicts
  lockstep list                                 what there is to prove
  lockstep prove mutex/exclusive-queue          one system; each refutation is written as a trace
  lockstep show FILE.trace                      the trace as a sequence diagram
  lockstep replay FILE.trace                    make it happen, on the embedded broker
  lockstep replay FILE.trace --broker rabbitmq  make it happen, on a RabbitMQ of its own`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noVerb,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if asVersion {
				c.version(false)
				return nil
			}
			return cmd.Help()
		},
	}
	root.SetHelpTemplate("{{with (or .Long .Short)}}{{. | trimTrailingWhitespaces}}\n\n{{end}}{{.UsageString}}\n" + statusHelp)
	root.SetUsageTemplate(usageTemplate)
	root.AddCommand(newList(c), newProve(c), newShow(c), newShrink(c), newReplay(c), newConform(c), newVerify(c), newCost(c), newAsk(c), newBroker(c), newVersion(c))
	root.Flags().BoolVar(&asVersion, "version", false, "the same as the verb version")
	root.SetFlagErrorFunc(wrongFlag)
	root.SetHelpCommand(newHelp(root))
	root.SetOut(c.stdout)
	addCompletion(root) // which takes note of where root prints
	return root
}

// usageTemplate is cobra's own with less in it.
const usageTemplate = `Usage:
  {{.UseLine}}
{{- if .HasExample}}

Examples:
{{.Example}}
{{- end}}
{{- if .HasAvailableSubCommands}}

Verbs:
{{- range .Commands}}{{if .IsAvailableCommand}}
  {{rpad .Name .NamePadding}}  {{.Short}}
{{- end}}{{end}}
{{- end}}
{{- if .HasAvailableLocalFlags}}

Flags:
{{.LocalFlags.FlagUsages | trimTrailingWhitespaces}}
{{- end}}
{{- if .HasAvailableSubCommands}}

"{{.CommandPath}} VERB --help" tells more of a verb.
{{- end}}
`

// noVerb tells that an argument is no verb.
func noVerb(root *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var verbs []string
	for _, v := range root.Commands() {
		if v.IsAvailableCommand() {
			verbs = append(verbs, v.Name())
		}
	}
	return usage("unknown verb %q; there are: %s", args[0], strings.Join(verbs, ", "))
}

func newHelp(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:     "help [VERB]",
		Short:   "Explain a verb",
		Long:    "Explains a verb: what it does, examples, its flags, and the exit statuses.",
		Example: `  lockstep help prove`,
		RunE: func(_ *cobra.Command, args []string) error {
			verb, rest, err := root.Find(args)
			if err != nil {
				return err
			}
			if verb == root {
				if err := noVerb(root, rest); err != nil {
					return err
				}
			}
			verb.InitDefaultHelpFlag()
			return verb.Help()
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			var names []string
			for _, v := range root.Commands() {
				if len(args) == 0 && v.IsAvailableCommand() {
					names = append(names, cobra.CompletionWithDesc(v.Name(), v.Short))
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
	}
}
