package main

import (
	"context"
	"fmt"
	"net"

	"github.com/spf13/cobra"

	"github.com/lockstep-prover/lockstep/live/amqptest"
)

// brokerJSON is the object of `broker --json`.
type brokerJSON struct {
	Schema string `json:"schema"` // "lockstep/broker/v1"
	URL    string `json:"url"`    // what a client dials
}

func newBroker(c *console) *cobra.Command {
	var addr string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "broker",
		Short: "Serve the embedded broker",
		Long: `Serves the embedded broker, the same machine that the prover explores, to AMQP 0-9-1 clients, and prints the
URL to dial as soon as it listens. It keeps nothing on disk, and accepts guest with the password guest. It
serves until it is interrupted (Ctrl-C).`,
		Example: `  lockstep broker
  lockstep broker --addr 127.0.0.1:0 --json`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.broker(cmd.Context(), addr, asJSON)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&addr, "addr", "127.0.0.1:5672", "listen on this `address`; port 0: a free one")
	jsonFlag(cmd, &asJSON)
	registerCompletion(cmd, "addr", cobra.FixedCompletions([]cobra.Completion{"127.0.0.1:5672", "127.0.0.1:0"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (c *console) broker(ctx context.Context, addr string, asJSON bool) error {
	if _, _, err := net.SplitHostPort(addr); err != nil {
		return usage("--addr is an address such as 127.0.0.1:5672, not %q", addr)
	}
	server, err := amqptest.Listen(amqptest.Options{Addr: addr})
	if err != nil {
		return failed(broken, err)
	}
	defer server.Close()
	if asJSON {
		c.printJSON(brokerJSON{brokerSchema, server.URL()})
	} else {
		c.printf("%s\n", server.URL())
	}
	if c.stdout.err != nil { // nobody has been told where to dial
		return nil
	}
	if !asJSON {
		fmt.Fprintln(c.stderr, "serving until interrupted (Ctrl-C)")
	}
	<-ctx.Done()
	return nil
}
