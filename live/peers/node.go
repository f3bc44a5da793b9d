package main

import (
	"bufio"
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// nodeVersion is the last version of amqplib whose package contains its tests; nodeGenerator is what they draw values with.
const (
	nodeVersion   = "2.1.0"
	nodeGenerator = "claire@0.4.1"
)

//go:embed node
var nodeFiles embed.FS

// prepareNode installs amqplib and what its tests need, beside our own files of folder node.
func prepareNode(ctx context.Context, dir string) (version string, err error) {
	if err := os.CopyFS(dir, nodeFiles); err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(dir, "package.json"), []byte(`{"private": true}`), 0o666); err != nil {
		return "", err
	}
	install := exec.CommandContext(ctx, "npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "amqplib@"+nodeVersion, nodeGenerator)
	install.Dir = dir
	_, err = output(install)
	return nodeVersion, err
}

// runNode runs the tests as npm test does, but one file after the other, and with a limit for each test that is not one second: that
// is short for two cores.
func runNode(ctx context.Context, dir string, broker target, match *regexp.Regexp) ([]result, error) {
	ours := filepath.Join(dir, "node")
	args := []string{"--test", "--test-timeout=10000", "--test-concurrency=1", "--test-reporter=" + filepath.Join(ours, "reporter.mjs")}
	files, err := filepath.Glob(filepath.Join(dir, "node_modules", "amqplib", "test", "*.test.js"))
	if err != nil || len(files) == 0 {
		return nil, errors.Join(err, errors.New("no tests are in amqplib's package"))
	}
	cmd := exec.CommandContext(ctx, "node", append(args, files...)...)
	cmd.Dir = filepath.Join(dir, "node_modules", "amqplib")
	cmd.Env = append(os.Environ(), "URL="+broker.url, "BROKER="+broker.url, "NODE_OPTIONS=--require "+filepath.Join(ours, "redirect.js"))
	out, err := cmd.Output()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		return nil, err
	}
	all, err := parseNode(out)
	if err != nil || match == nil {
		return all, err
	}
	var matching []result
	for _, r := range all {
		if match.MatchString(r.test) {
			matching = append(matching, r)
		}
	}
	return matching, nil
}

// parseNode reads what reporter.mjs prints.
func parseNode(out []byte) (results []result, err error) {
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var r struct{ Name, Outcome, Output string }
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return nil, fmt.Errorf("reading %q: %w", lines.Text(), err)
		}
		results = append(results, result{strings.Join(strings.Fields(r.Name), " "), outcome(r.Outcome), r.Output})
	}
	return results, lines.Err()
}
