package rabbitmq

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// open is openDirectory with the lock given up at t's end.
func open(t *testing.T, path string) *directory {
	t.Helper()
	d, err := openDirectory(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.lock.Close() })
	return d
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestDirectoryIsFoundAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a", "b")
	first := open(t, path)
	if first.temp || !strings.HasPrefix(first.name, "lockstep-") {
		t.Errorf("first: %+v", first)
	}
	cookie := read(t, first.file("home/.erlang.cookie"))
	if info, err := os.Stat(first.file("home/.erlang.cookie")); err != nil || info.Mode() != 0o400 {
		t.Errorf("cookie: %v, error %v", info.Mode(), err)
	}
	if _, err := openDirectory(path); err == nil || !strings.HasSuffix(err.Error(), path+" is in use by another node") {
		t.Errorf("used by two: error %v", err)
	}
	if err := first.close(); err != nil {
		t.Fatal(err)
	}
	second := open(t, path)
	if second.name != first.name || read(t, second.file("home/.erlang.cookie")) != cookie {
		t.Errorf("second: %+v", second)
	}
}

func TestTempDirectory(t *testing.T) {
	base := t.TempDir()
	t.Setenv("TMPDIR", base)
	names := func() (names []string) {
		entries, err := os.ReadDir(base)
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries {
			names = append(names, entry.Name())
		}
		return names
	}
	mustBe := func(when string, want ...string) {
		t.Helper()
		if diff := cmp.Diff(want, names()); diff != "" {
			t.Errorf("%s: %s", when, diff)
		}
	}

	abandoned := open(t, "")
	abandoned.lock.Close() // as its process's death does
	foreign := filepath.Join(base, "lockstep-rabbitmq.txt")
	if err := os.WriteFile(foreign, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	mustBe("one abandoned", filepath.Base(abandoned.path), "lockstep-rabbitmq.txt")
	used := open(t, "")
	mustBe("removed by the next", filepath.Base(used.path), "lockstep-rabbitmq.txt")
	last := open(t, "")
	if err := last.close(); err != nil {
		t.Fatal(err)
	}
	mustBe("one used, one closed", filepath.Base(used.path), "lockstep-rabbitmq.txt")
}

func TestInstalled(t *testing.T) {
	bin := t.TempDir()
	if _, err := installed("", bin); !errors.Is(err, ErrNotInstalled) {
		t.Errorf("empty directory: error %v", err)
	}
	script := filepath.Join(bin, "rabbitmq-server")
	if err := os.WriteFile(script, []byte("#!/bin/sh\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := installed("", bin); !errors.Is(err, ErrNotInstalled) {
		t.Errorf("not executable: error %v", err)
	}
	if err := os.Chmod(script, 0o755); err != nil {
		t.Fatal(err)
	}
	if got, err := installed("", bin); got != script || err != nil {
		t.Errorf("got %s, error %v", got, err)
	}
}
