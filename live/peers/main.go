package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	amqp091 "github.com/rabbitmq/amqp091-go"

	"github.com/lockstep-prover/lockstep/live/amqptest"
	"github.com/lockstep-prover/lockstep/model/broker"
)

// suite is a client's tests.
type suite struct {
	name string
	// prepare brings the tests into a directory, which is empty, and returns their version.
	prepare func(ctx context.Context, dir string) (version string, err error)
	// run runs those of the tests whose names match.
	run func(ctx context.Context, dir string, broker target, match *regexp.Regexp) ([]result, error)
}

// target is the broker that the tests run against.
type target struct {
	name    string // "rabbitmq-3.10", "embedded rabbitmq-3.10"
	url     string
	server  *amqptest.Server // nil: another one than the embedded broker
	profile broker.Profile   // of the embedded broker
}

var suites = []suite{
	{"amqp091-go", prepareGo, runGo},
	{"amqplib", prepareNode, runNode},
}

type options struct {
	broker  string
	profile broker.Profile
	suite   string
	match   *regexp.Regexp // nil: all
	log     bool
}

func main() {
	if url := os.Getenv(alarmURL); url != "" {
		if err := rabbitmqctl(url, os.Args[1:]); err != nil {
			fmt.Fprintln(os.Stderr, "peers:", err)
			os.Exit(2)
		}
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	asExpected, err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(2)
	case !asExpected:
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) (asExpected bool, err error) {
	var o options
	var profile, pattern string
	flags := flag.NewFlagSet("peers", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.broker, "broker", "", "`URL` of the broker; none: an embedded broker")
	flags.StringVar(&profile, "profile", broker.RabbitMQ310.String(), "`NAME` of the RabbitMQ that an embedded broker is")
	flags.StringVar(&o.suite, "suite", "", "run only this suite, amqp091-go or amqplib")
	flags.StringVar(&pattern, "run", "", "run only the tests whose names match this `regexp`")
	flags.BoolVar(&o.log, "v", false, "print the outcome of every test, and all that the exceptions printed")
	if err := flags.Parse(args); err != nil {
		return false, err
	}
	if flags.NArg() > 0 {
		return false, fmt.Errorf("there are no arguments, such as %q", flags.Arg(0))
	}
	if o.suite != "" && !slices.ContainsFunc(suites, func(s suite) bool { return s.name == o.suite }) {
		return false, fmt.Errorf("there is no suite %q", o.suite)
	}
	if o.profile, err = broker.ParseProfile(profile); err != nil {
		return false, err
	}
	if pattern != "" {
		if o.match, err = regexp.Compile(pattern); err != nil {
			return false, err
		}
	}
	expected, err := parseExpected(exceptionsFile)
	if err != nil {
		return false, err
	}
	asExpected = true
	for _, s := range suites {
		if o.suite != "" && s.name != o.suite {
			continue
		}
		same, err := compare(ctx, s, o, expected, stdout)
		if err != nil {
			return false, fmt.Errorf("%s: %w", s.name, err)
		}
		asExpected = asExpected && same
	}
	return asExpected, nil
}

// aim returns the broker that a suite is to run against, which is a new one where it is embedded. The caller must call close.
func aim(o options) (t target, close func(), err error) {
	if o.broker != "" {
		t = target{url: o.broker}
		t.name, err = identify(o.broker)
		return t, func() {}, err
	}
	server, err := serve(o.profile)
	if err != nil {
		return target{}, nil, err
	}
	return target{"embedded " + o.profile.String(), server.URL(), server, o.profile}, server.Close, nil
}

// serve returns a new embedded broker. The caller must call Close.
func serve(p broker.Profile) (*amqptest.Server, error) {
	return amqptest.Listen(amqptest.Options{Machine: amqptest.Machine{Profile: p}})
}

// compare runs a suite and prints what is not as expected.
func compare(ctx context.Context, s suite, o options, all expected, out io.Writer) (bool, error) {
	dir, err := os.MkdirTemp("", "lockstep-peers-")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(dir)
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return false, err
	}
	version, err := s.prepare(ctx, dir)
	if err != nil {
		return false, fmt.Errorf("preparing the tests: %w", err)
	}
	broker, close, err := aim(o)
	if err != nil {
		return false, err
	}
	defer close()
	results, err := s.run(ctx, dir, broker, o.match)
	if err != nil {
		return false, fmt.Errorf("running the tests: %w", err)
	}
	results = unique(results)
	want := all.of(s.name, broker.name)
	deviations := want.compare(version, results, o.match == nil)
	if o.log {
		for _, r := range results {
			fmt.Fprintf(out, "%s  %s\n", r.outcome, r.test)
			if r.outcome != pass {
				fmt.Fprint(out, indented(r.output))
			}
		}
	}
	for _, d := range deviations {
		fmt.Fprintf(out, "%s: %s\n%s", s.name, d.what, indented(d.output))
	}
	fmt.Fprintf(out, "%s %s against %s: %s, %d not as expected\n", s.name, version, broker.name, tally(results), len(deviations))
	return len(deviations) == 0, nil
}

// identify asks a broker what it is: "rabbitmq-3.10".
func identify(broker string) (string, error) {
	conn, err := amqp091.Dial(broker)
	if err != nil {
		return "", fmt.Errorf("asking the broker for its name: %w", err)
	}
	defer conn.Close()
	name, _ := conn.Properties["product"].(string)
	version, _ := conn.Properties["version"].(string)
	if parts := strings.Split(version, "."); len(parts) > 1 {
		name += "-" + parts[0] + "." + parts[1]
	}
	return strings.ToLower(name), nil
}

// indented renders the end of what a test printed.
func indented(output string) string {
	const most = 30
	lines := strings.Split(strings.TrimRight(output, "\n"), "\n")
	if len(lines) == 1 && lines[0] == "" {
		return ""
	}
	if n := len(lines) - most; n > 0 {
		lines = append([]string{fmt.Sprintf("(%d lines left out)", n)}, lines[n:]...)
	}
	return "\t" + strings.Join(lines, "\n\t") + "\n"
}
