package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/lockstep-prover/lockstep/model/broker"
)

const (
	goModule       = "github.com/rabbitmq/amqp091-go"
	managementPort = "15672"
)

// prepareGo copies the module that go.mod requires. It needs this module's directory, or one below it, to be the working directory.
func prepareGo(ctx context.Context, dir string) (version string, err error) {
	out, err := output(exec.CommandContext(ctx, "go", "mod", "download", "-json", goModule))
	if err != nil {
		return "", err
	}
	var module struct{ Version, Dir string }
	if err := json.Unmarshal(out, &module); err != nil {
		return "", err
	}
	return module.Version, os.CopyFS(dir, os.DirFS(module.Dir))
}

// buildGo builds the tests, which then ask for connections at that port and not at that of RabbitMQ's management plugin.
func buildGo(ctx context.Context, dir, management string) error {
	for _, file := range []string{"recovery_test.go", filepath.Join("internal", "utils", "http.go")} {
		path := filepath.Join(dir, file)
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if !bytes.Contains(source, []byte(managementPort)) {
			return fmt.Errorf("%s has no port %s to replace", file, managementPort)
		}
		if err := os.WriteFile(path, bytes.ReplaceAll(source, []byte(managementPort), []byte(management)), 0o666); err != nil {
			return err
		}
	}
	build := exec.CommandContext(ctx, "go", "test", "-c", "-tags", "integration", "-o", binary(dir), ".")
	build.Dir = dir
	build.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod")
	_, err := output(build)
	return err
}

// testNames are lines of -test.list, where the suite writes a line of its own, too.
var testNames = regexp.MustCompile(`(?m)^\w+$`)

func binary(dir string) string { return filepath.Join(dir, "suite.test") }

// waitingGo are the tests that wait for five seconds or more, each. They need nothing that another test leaves behind, as some do.
var waitingGo = regexp.MustCompile(`^TestConnectionRecovery|DropsNotification`)

// runGo runs the tests in one process, as go test does. But where the broker is embedded, each of those that wait has a process and
// a broker of its own, and so they all wait at the same time.
func runGo(ctx context.Context, dir string, t target, match *regexp.Regexp) ([]result, error) {
	var under managed = embedded{t.server}
	if t.server == nil {
		front, err := newFront(t.url)
		if err != nil {
			return nil, err
		}
		defer front.Close()
		under = front
	}
	management, err := manage(under)
	if err != nil {
		return nil, err
	}
	defer management.Close()
	env := []string{"AMQP_URL=" + under.url()}
	if t.server != nil {
		alarms, err := management.alarms()
		if err != nil {
			return nil, err
		}
		env = append(env, alarms...)
	}
	if err := buildGo(ctx, dir, management.port()); err != nil {
		return nil, err
	}
	list := exec.CommandContext(ctx, binary(dir), "-test.list", "^(Test|Fuzz|Example)")
	list.Dir = dir
	out, err := output(list)
	if err != nil {
		return nil, err
	}
	var together, alone []string
	for _, name := range testNames.FindAllString(string(out), -1) {
		switch {
		case match != nil && !match.MatchString(name):
		case t.server != nil && waitingGo.MatchString(name):
			alone = append(alone, name)
		default:
			together = append(together, name)
		}
	}
	results, errs := make([][]result, 1+len(alone)), make([]error, 1+len(alone))
	var running sync.WaitGroup
	for i, name := range alone {
		running.Go(func() { results[1+i], errs[1+i] = runGoAlone(ctx, dir, t.profile, management, name) })
	}
	results[0], errs[0] = runGoAll(ctx, dir, env, together)
	running.Wait()
	return slices.Concat(results...), errors.Join(errs...)
}

// runGoAlone runs a test against an embedded broker of its own.
func runGoAlone(ctx context.Context, dir string, p broker.Profile, m *management, name string) ([]result, error) {
	server, err := serve(p)
	if err != nil {
		return nil, err
	}
	defer server.Close()
	m.add(embedded{server})
	return runGoAll(ctx, dir, []string{"AMQP_URL=" + server.URL()}, []string{name})
}

// runGoAll runs the tests of those names. Where their process ends before all have run, because one of them has panicked or hangs,
// another process runs the rest.
func runGoAll(ctx context.Context, dir string, env, names []string) (all []result, err error) {
	for len(names) > 0 {
		results, err := runGoTests(ctx, dir, env, names)
		if err != nil {
			return nil, err
		}
		all = append(all, results...)
		ran := map[string]bool{}
		for _, r := range results {
			name, _, _ := strings.Cut(r.test, "/")
			ran[name] = true
		}
		rest := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return ran[name] })
		if len(rest) == len(names) {
			return nil, fmt.Errorf("none of the %d tests from %s on runs", len(rest), rest[0])
		}
		names = rest
	}
	return all, nil
}

// runGoTests runs the tests of those names in one process, as far as it comes.
func runGoTests(ctx context.Context, dir string, env, names []string) ([]result, error) {
	cmd := exec.CommandContext(ctx, "go", "tool", "test2json", binary(dir), "-test.v=test2json", "-test.timeout=10m",
		"-test.run=^("+strings.Join(names, "|")+")$")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.Output()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		return nil, err
	}
	return parseGo(out)
}

// parseGo reads what test2json prints. Its results are of the tests without subtests, and of the process where it failed though
// none of its tests did.
func parseGo(out []byte) ([]result, error) {
	outputs := map[string]*strings.Builder{}
	var results []result
	parents, failed := map[string]bool{}, false
	for line := range bytes.Lines(out) {
		var e struct{ Action, Test, Output string }
		if err := json.Unmarshal(line, &e); err != nil {
			return nil, fmt.Errorf("reading %q: %w", line, err)
		}
		if outputs[e.Test] == nil {
			outputs[e.Test] = &strings.Builder{}
		}
		for i, c := range e.Test {
			if c == '/' {
				parents[e.Test[:i]] = true
			}
		}
		switch e.Action {
		case "output":
			outputs[e.Test].WriteString(e.Output)
		case "pass", "fail", "skip":
			o := outcome(e.Action)
			if e.Test == "" && (o != fail || failed) {
				continue
			}
			failed = failed || o == fail
			results = append(results, result{e.Test, o, outputs[e.Test].String()})
		}
	}
	var leaves []result
	for _, r := range results {
		switch {
		case r.test == "":
			r.test = "the process"
		case parents[r.test] && (r.outcome != fail || failedBelow(results, r.test)):
			continue
		}
		leaves = append(leaves, r)
	}
	return leaves, nil
}

// failedBelow tells whether a subtest of the test failed.
func failedBelow(results []result, test string) bool {
	for _, r := range results {
		if r.outcome == fail && strings.HasPrefix(r.test, test+"/") {
			return true
		}
	}
	return false
}

// output runs a command to its end. Its error has what the command complained of.
func output(cmd *exec.Cmd) ([]byte, error) {
	out, err := cmd.Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return nil, fmt.Errorf("%v: %w\n%s%s", cmd, err, out, exit.Stderr)
	}
	return out, err
}
