package rabbitmq_test

import (
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lockstep-prover/lockstep/live/rabbitmq"
	"github.com/lockstep-prover/lockstep/live/rabbitmq/rabbitmqtest"
)

// A node works in its directory, at the same path as everybody, and neither its
// files nor its mounts are anywhere else.
func TestRootIsLeftAsItIs(t *testing.T) {
	for _, version := range []string{"4.0", "4.3"} {
		t.Run(version, func(t *testing.T) {
			opts := rabbitmqtest.NeedVersion(t, version)
			t.Parallel()
			root := opts.Root
			opts.Root = filepath.Join(t.TempDir(), "a,b:c d") // what parts the options of a mount
			if err := os.Symlink(root, opts.Root); err != nil {
				t.Fatal(err)
			}
			opts.Dir = filepath.Join(t.TempDir(), "data")
			before := mounts(t)
			node := rabbitmqtest.Private(t, opts)
			temp := "/tmp/lockstep-" + rand.Text()
			got, err := node.Ctl(t.Context(), "eval", `{{ok, D}, ok} = {file:get_cwd(), file:write_file("`+temp+`", "")}, D.`)
			if want := fmt.Sprintf("%q\n", opts.Dir); err != nil || got != want {
				t.Errorf("works in %s, want %s (error %v)", got, want, err)
			}
			for _, path := range []string{opts.Dir, temp} {
				if _, err := os.Lstat(root + path); !os.IsNotExist(err) {
					t.Errorf("the root directory has %s (error %v)", path, err)
				}
			}
			if diff := cmp.Diff(before, mounts(t)); diff != "" {
				t.Errorf("mounted while the node runs:\n%s", diff)
			}
		})
	}
}

// mounts returns what everybody sees mounted.
func mounts(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// systemOf makes a root directory with a rabbitmq-server that does nothing.
func systemOf(t *testing.T, root, version string) {
	t.Helper()
	lib := filepath.Join(root, "usr/lib/rabbitmq")
	sbin := "lib/rabbitmq_server-" + version + "/sbin"
	for _, dir := range []string{filepath.Join(lib, sbin), filepath.Join(lib, "bin")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(lib, sbin, "rabbitmq-server"), []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("../"+sbin+"/rabbitmq-server", filepath.Join(lib, "bin/rabbitmq-server")); err != nil {
		t.Fatal(err)
	}
}

func TestFind(t *testing.T) {
	roots := t.TempDir()
	t.Setenv(rabbitmq.RootsVariable, roots)
	own := rabbitmq.Versions() // of the machine that the test runs on
	systemOf(t, filepath.Join(roots, "rabbitmq-new"), "99.10.1")
	systemOf(t, filepath.Join(roots, "rabbitmq-old"), "99.9.0~rc.2")
	systemOf(t, filepath.Join(roots, "rabbitmq-same"), "99.9.3")
	systemOf(t, filepath.Join(roots, ".new-rabbitmq-half"), "99.11.0")
	if err := os.Mkdir(filepath.Join(roots, "rabbitmq-empty"), 0o755); err != nil {
		t.Fatal(err)
	}
	want := append(own, "99.9", "99.10")
	if diff := cmp.Diff(want, rabbitmq.Versions()); diff != "" {
		t.Error(diff)
	}
	for version, root := range map[string]string{"99.10": "rabbitmq-new", "99.9": "rabbitmq-old"} {
		got, err := rabbitmq.Find(version)
		if diff := cmp.Diff(rabbitmq.Options{Root: filepath.Join(roots, root)}, got); diff != "" || err != nil {
			t.Errorf("%s: %s, error %v", version, diff, err)
		}
	}
	_, err := rabbitmq.Find("99.11")
	text := "find rabbitmq 99.11 (have: " + strings.Join(want, ", ") + "; `make rabbitmq-4` gets 4.0 and 4.3 into " + roots + "): " +
		rabbitmq.ErrNotInstalled.Error()
	if err == nil || err.Error() != text {
		t.Errorf("missing: error %v\nwant %s", err, text)
	}
}
