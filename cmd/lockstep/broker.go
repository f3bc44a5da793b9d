package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lockstep-prover/lockstep/live/amqptest"
	"github.com/lockstep-prover/lockstep/model/broker"
)

// brokerJSON is the object of `broker --json`.
type brokerJSON struct {
	Schema  string `json:"schema"`            // "lockstep/broker/v1"
	URL     string `json:"url"`               // what a client dials
	Profile string `json:"profile"`           // the RabbitMQ that it is
	Metrics string `json:"metrics,omitempty"` // where its figures are
}

// brokerOptions are the verb's flags.
type brokerOptions struct {
	addr, dir, profile string
	hosts, users       []string
	cert, key          string
	metrics, record    string
	asynchronous       bool
	asJSON             bool
}

func newBroker(c *console) *cobra.Command {
	var o brokerOptions
	cmd := &cobra.Command{
		Use:   "broker",
		Short: "Serve the embedded broker",
		Long: `Serves the embedded broker, the same machine that the prover explores, to AMQP 0-9-1 clients, and prints the
URL to dial as soon as it listens. It serves until it is interrupted (Ctrl-C). Without flags it is a new
RabbitMQ 3.10: guest with the password guest, virtual host /, and nothing is kept when it ends.

With --dir durable queues and exchanges and their persistent messages survive, kill -9 included: what is
confirmed is on disk. With --metrics Prometheus finds the broker's figures at http://ADDRESS/metrics. With
--record everything that clients send and see is written down; lockstep conform --history FILE says whether
the machine can do that.`,
		Example: `  lockstep broker
  lockstep broker --addr 127.0.0.1:0 --json
  lockstep broker --dir state --profile rabbitmq-4.3 --user guest:guest --user alice:secret --vhost / --vhost test
  lockstep broker --metrics 127.0.0.1:15692 --record out.history`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.broker(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&o.addr, "addr", "127.0.0.1:5672", "listen on this `address`; port 0: a free one")
	f.StringVar(&o.dir, "dir", "", "keep what is durable in this `directory`, made if it is missing; default: in memory only")
	f.StringVar(&o.profile, "profile", broker.RabbitMQ310.String(), "the `version` of RabbitMQ to be")
	f.BoolVar(&o.asynchronous, "asynchronous", false, "reorder as RabbitMQ may: queues and channels work in their own time")
	f.StringArrayVar(&o.hosts, "vhost", nil, "serve a virtual host of this `name` (repeatable; default /)")
	f.StringArrayVar(&o.users, "user", nil, "let in who has this `NAME:PASSWORD` (repeatable; default guest:guest)")
	f.StringVar(&o.cert, "tls-cert", "", "speak TLS, with the certificate in this PEM `file`")
	f.StringVar(&o.key, "tls-key", "", "the certificate's private key, a PEM `file`")
	f.StringVar(&o.metrics, "metrics", "", "serve metrics for Prometheus by HTTP on this `address`, at /metrics")
	f.StringVar(&o.record, "record", "", "write what clients send and see to this `file`")
	jsonFlag(cmd, &o.asJSON)
	addresses := func(all ...string) cobra.CompletionFunc {
		return cobra.FixedCompletions(all, cobra.ShellCompDirectiveNoFileComp)
	}
	registerCompletion(cmd, "addr", addresses("127.0.0.1:5672", "127.0.0.1:0"))
	registerCompletion(cmd, "metrics", addresses("127.0.0.1:15692", "127.0.0.1:0"))
	registerCompletion(cmd, "profile", cobra.FixedCompletions(broker.ProfileNames(), cobra.ShellCompDirectiveNoFileComp))
	registerCompletion(cmd, "dir", cobra.FixedCompletions(nil, cobra.ShellCompDirectiveFilterDirs))
	return cmd
}

// options checks the command line.
func (o brokerOptions) options() (amqptest.Options, error) {
	options := amqptest.Options{Addr: o.addr, Dir: o.dir, Machine: amqptest.Machine{Asynchronous: o.asynchronous}}
	if _, _, err := net.SplitHostPort(o.addr); err != nil {
		return options, usage("--addr is an address such as 127.0.0.1:5672, not %q", o.addr)
	}
	if _, _, err := net.SplitHostPort(o.metrics); err != nil && o.metrics != "" {
		return options, usage("--metrics is an address such as 127.0.0.1:15692, not %q", o.metrics)
	}
	var err error
	if options.Machine.Profile, err = broker.ParseProfile(o.profile); err != nil {
		return options, failed(wrongUsage, err)
	}
	options.Login.Hosts = o.hosts
	for _, u := range o.users {
		name, password, ok := strings.Cut(u, ":")
		if !ok || name == "" {
			return options, usage("--user is NAME:PASSWORD, not %q", u)
		}
		if options.Login.Users == nil {
			options.Login.Users = map[string]string{}
		}
		if _, twice := options.Login.Users[name]; twice {
			return options, usage("--user names %q twice", name)
		}
		options.Login.Users[name] = password
	}
	if (o.cert == "") != (o.key == "") {
		return options, usage("--tls-cert and --tls-key belong together")
	}
	return options, nil
}

// broker opens what the broker needs, serves, and closes it again.
func (c *console) broker(ctx context.Context, o brokerOptions) (err error) {
	options, err := o.options()
	if err != nil {
		return err
	}
	if o.cert != "" {
		certificate, err := tls.LoadX509KeyPair(o.cert, o.key)
		if err != nil {
			return failed(broken, err)
		}
		options.Login.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	}
	if o.record != "" {
		f, err := os.Create(o.record)
		if err != nil {
			return failed(broken, err)
		}
		defer f.Close() // each write is written
		options.Record = f
	}
	server, err := amqptest.Listen(options)
	if err != nil {
		return failed(broken, err)
	}
	defer func() {
		server.Close()
		if failure := server.Err(); err == nil && failure != nil {
			err = failed(broken, failure)
		}
	}()
	object := brokerJSON{Schema: brokerSchema, URL: server.URL(), Profile: options.Machine.Profile.String()}
	if o.metrics != "" {
		listener, err := net.Listen("tcp", o.metrics)
		if err != nil {
			return failed(broken, err)
		}
		defer serveMetrics(listener, server)()
		object.Metrics = "http://" + listener.Addr().String() + "/metrics"
	}
	return c.serveBroker(ctx, server, object, o.asJSON)
}

// serveBroker says where the broker is, and waits for the end.
func (c *console) serveBroker(ctx context.Context, server *amqptest.Server, object brokerJSON, asJSON bool) error {
	if asJSON {
		c.printJSON(object)
	} else {
		c.printf("%s\n", object.URL)
	}
	if c.stdout.err != nil { // nobody has been told where to dial
		return nil
	}
	if !asJSON {
		if object.Metrics != "" {
			fmt.Fprintf(c.stderr, "metrics at %s\n", object.Metrics)
		}
		fmt.Fprintf(c.stderr, "serving as %s until interrupted (Ctrl-C)\n", object.Profile)
	}
	select {
	case <-ctx.Done():
		return nil
	case <-server.Failed():
		return failed(broken, server.Err())
	}
}
