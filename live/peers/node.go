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
	"slices"
	"strings"
	"time"
)

// nodeVersion is the last version of amqplib whose package contains its tests; nodeGenerator is what they draw values with.
const (
	nodeVersion   = "2.1.0"
	nodeGenerator = "claire@0.4.1"
	nodeLimit     = 2 * time.Minute // for the tests of a file
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

// runNode runs the tests file by file, and without the limit of one second for a test that npm test has: that is short for two cores.
func runNode(ctx context.Context, dir string, broker target, match *regexp.Regexp) (matching []result, err error) {
	files, err := filepath.Glob(filepath.Join(dir, "node_modules", "amqplib", "test", "*.test.js"))
	if err != nil || len(files) == 0 {
		return nil, errors.Join(err, errors.New("no tests are in amqplib's package"))
	}
	for _, file := range files {
		results, err := runNodeFile(ctx, dir, file, broker)
		if err != nil {
			return nil, err
		}
		for _, r := range results {
			if match == nil || match.MatchString(r.test) {
				matching = append(matching, r)
			}
		}
	}
	return matching, nil
}

// runNodeFile runs the tests of a file. Its process is one of them where it ends badly and none of the tests is why.
func runNodeFile(ctx context.Context, dir, file string, broker target) ([]result, error) {
	limited, cancel := context.WithTimeout(ctx, nodeLimit)
	defer cancel()
	ours := filepath.Join(dir, "node")
	cmd := exec.CommandContext(limited, "node", "--require="+filepath.Join(ours, "redirect.js"), "--test-reporter="+filepath.Join(ours, "reporter.mjs"), file)
	cmd.Dir = filepath.Join(dir, "node_modules", "amqplib")
	cmd.Env = append(os.Environ(), "URL="+broker.url, "BROKER="+broker.url)
	out, err := cmd.Output()
	exit := (*exec.ExitError)(nil)
	if err != nil && !errors.As(err, &exit) || ctx.Err() != nil {
		return nil, errors.Join(err, ctx.Err())
	}
	name := strings.TrimSuffix(filepath.Base(file), ".test.js")
	results, err := parseNode(name, out)
	if err != nil {
		return nil, err
	}
	if exit != nil && !slices.ContainsFunc(results, func(r result) bool { return r.outcome == fail }) {
		results = append(results, result{name + " > the process", fail, fmt.Sprintf("%v\n%s", exit, exit.Stderr)})
	}
	return results, nil
}

// parseNode reads what reporter.mjs prints of a file.
func parseNode(file string, out []byte) (results []result, err error) {
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var r struct{ Name, Outcome, Output string }
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return nil, fmt.Errorf("reading %q: %w", lines.Text(), err)
		}
		results = append(results, result{file + " > " + strings.Join(strings.Fields(r.Name), " "), outcome(r.Outcome), r.Output})
	}
	return results, lines.Err()
}
