package rabbitmq

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// ErrNotInstalled says that this machine has no RabbitMQ server where
// [Start] or [Find] looks for it, or not of that version. The error that wraps
// it says what to do about it.
var ErrNotInstalled = errors.New("rabbitmq-server is not installed")

// scripts is where the Debian, Ubuntu and upstream packages put the server's
// own scripts. The programs of the same names in /usr/sbin are wrappers that
// switch to the user rabbitmq and to /var/lib/rabbitmq, and refuse to run for
// anybody but root; they are of no use here.
const scripts = "/usr/lib/rabbitmq/bin"

// RootsVariable is the environment variable that names the directory with the
// roots (see [Options]) in which [Find] looks for further versions. It is
// /var/lib/lockstep if unset. `make rabbitmq-4` fills it.
const RootsVariable = "LOCKSTEP_RABBITMQ_ROOTS"

func roots() string { return cmp.Or(os.Getenv(RootsVariable), "/var/lib/lockstep") }

// Versions returns what [Find] finds, in ascending order: each a major and a
// minor number, such as "3.10" and "4.0".
func Versions() []string {
	var names []string
	for _, i := range installations() {
		names = append(names, i.version)
	}
	slices.SortFunc(names, compareVersions)
	return slices.Compact(names)
}

// Find returns options that start a RabbitMQ of this version, "3.10" or "4.0":
// this machine's own, or else the one in a directory rabbitmq-* below that of
// [RootsVariable]. What counts is what is installed there, not the directory's
// name. If there is none the error wraps [ErrNotInstalled].
func Find(version string) (Options, error) {
	for _, i := range installations() {
		if i.version == version {
			return Options{Root: i.root}, nil
		}
	}
	have := "none"
	if v := Versions(); len(v) > 0 {
		have = strings.Join(v, ", ")
	}
	return Options{}, fmt.Errorf("find rabbitmq %s (have: %s; `make rabbitmq-4` gets 4.0 and 4.3 into %s): %w",
		version, have, roots(), ErrNotInstalled)
}

type installation struct{ version, root string }

// installations finds all servers, this machine's own first. What it cannot
// look into is not there.
func installations() (found []installation) {
	others, _ := filepath.Glob(filepath.Join(roots(), "rabbitmq-*"))
	for _, root := range append([]string{""}, others...) {
		script, err := installed(root, scripts)
		if err != nil {
			continue
		}
		if version := versionOf(script); version != "" {
			found = append(found, installation{version, root})
		}
	}
	return found
}

// versionOf returns the major and the minor number of a server, or "". The
// script is a link into the directory of its version,
// ../lib/rabbitmq_server-3.10.8/sbin/rabbitmq-server, which spares us to start
// an Erlang machine for the question.
func versionOf(script string) string {
	path, err := filepath.EvalSymlinks(script)
	if err != nil {
		return ""
	}
	home := filepath.Base(filepath.Dir(filepath.Dir(path)))
	version, ok := strings.CutPrefix(home, "rabbitmq_server-")
	parts := strings.Split(version, ".")
	if !ok || len(parts) < 2 {
		return ""
	}
	return parts[0] + "." + parts[1]
}

func compareVersions(a, b string) int {
	number := func(s string) int { n, _ := strconv.Atoi(s); return n }
	majorA, minorA, _ := strings.Cut(a, ".")
	majorB, minorB, _ := strings.Cut(b, ".")
	return cmp.Or(cmp.Compare(number(majorA), number(majorB)), cmp.Compare(number(minorA), number(minorB)))
}

// installed returns the path of the script rabbitmq-server in the directory bin
// below root, or [ErrNotInstalled].
func installed(root, bin string) (string, error) {
	path := filepath.Join(root, bin, "rabbitmq-server")
	remedy := "apt-get install --no-install-recommends rabbitmq-server"
	if root != "" {
		remedy = "make rabbitmq-4"
	}
	switch info, err := os.Stat(path); {
	case errors.Is(err, os.ErrNotExist):
		return "", fmt.Errorf("no %s: %w; try: %s", path, ErrNotInstalled, remedy)
	case err != nil:
		return "", fmt.Errorf("look for rabbitmq-server: %w", err)
	case info.IsDir() || info.Mode()&0o111 == 0:
		return "", fmt.Errorf("%s is no program: %w; try: %s", path, ErrNotInstalled, remedy)
	}
	return path, nil
}
