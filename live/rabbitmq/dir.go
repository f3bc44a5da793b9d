package rabbitmq

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

const tempPrefix = "lockstep-rabbitmq-"

// directory is where a node keeps everything that it writes:
//
//	lock                  locked while a Node uses the directory
//	name                  the Erlang node's short name, which is part of the data's paths
//	home/.erlang.cookie   the secret that the node and rabbitmqctl share
//	rabbitmq.conf, enabled_plugins, mnesia/, log/
type directory struct {
	path string
	temp bool // ours to remove
	name string
	lock *os.File
}

// openDirectory prepares path, or a new temporary directory if path is empty,
// for one node. Name and cookie are made once and found again, so that a later
// node in the same directory finds the data.
func openDirectory(path string) (d *directory, err error) {
	if path == "" {
		d, err = newTempDirectory(os.TempDir())
	} else {
		d, err = lockDirectory(path)
	}
	if err != nil {
		return nil, fmt.Errorf("prepare the node's directory: %w", err)
	}
	if err := d.fill(); err != nil {
		d.close()
		return nil, fmt.Errorf("prepare the node's directory: %w", err)
	}
	return d, nil
}

func (d *directory) file(name string) string { return filepath.Join(d.path, name) }

// close gives the directory up and removes it if it is a temporary one.
func (d *directory) close() error {
	var err error
	if d.temp {
		err = removeAll(d.path)
	}
	return errors.Join(err, d.lock.Close())
}

// removeAll is os.RemoveAll against a helper of a dying node that may still
// make a file: it tries again as long as that is the obstacle, a few times.
func removeAll(path string) (err error) {
	for range 5 {
		if err = os.RemoveAll(path); err == nil {
			return nil
		}
	}
	return err
}

func lockDirectory(path string) (*directory, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(path, 0o755); err != nil {
		return nil, err
	}
	lock, err := os.OpenFile(filepath.Join(path, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	ok, err := tryLock(lock)
	if err == nil && !ok {
		err = fmt.Errorf("%s is in use by another node", path)
	}
	if err != nil {
		lock.Close()
		return nil, err
	}
	return &directory{path: path, lock: lock}, nil
}

// newTempDirectory makes a directory in base and locks it, after it removed
// those of processes that died without doing so. It comes into being under a
// name that the removal does not look for and gets its real one only when it
// is locked; otherwise a removal at that moment would take it for abandoned.
func newTempDirectory(base string) (*directory, error) {
	removeAbandoned(base)
	unborn, err := os.MkdirTemp(base, ".new-"+tempPrefix)
	if err != nil {
		return nil, err
	}
	d, err := lockDirectory(unborn)
	if err != nil {
		os.RemoveAll(unborn)
		return nil, err
	}
	d.temp = true
	path := filepath.Join(filepath.Dir(d.path), strings.TrimPrefix(filepath.Base(d.path), ".new-"))
	if err := os.Rename(d.path, path); err != nil {
		d.close()
		return nil, err
	}
	d.path = path
	return d, nil
}

// removeAbandoned removes the temporary directories in base that nobody has
// locked. It is a courtesy: what it cannot open or remove, another user's for
// instance, stays.
func removeAbandoned(base string) {
	paths, _ := filepath.Glob(filepath.Join(base, tempPrefix+"*"))
	for _, path := range paths {
		lock, err := os.OpenFile(filepath.Join(path, "lock"), os.O_RDWR, 0)
		if err != nil {
			continue
		}
		if ok, _ := tryLock(lock); ok {
			os.RemoveAll(path)
		}
		lock.Close()
	}
}

func (d *directory) fill() error {
	if err := os.MkdirAll(d.file("home"), 0o700); err != nil {
		return err
	}
	name, err := once(d.file("name"), "lockstep-"+strings.ToLower(rand.Text()[:8]), 0o644)
	if err != nil {
		return err
	}
	d.name = name
	if _, err := once(d.file("home/.erlang.cookie"), rand.Text(), 0o400); err != nil { // Erlang insists on the mode
		return err
	}
	return os.WriteFile(d.file("enabled_plugins"), []byte("[].\n"), 0o644)
}

// once returns the content of the file, which it writes if there is none.
func once(path, text string, mode os.FileMode) (string, error) {
	old, err := os.ReadFile(path)
	if err == nil {
		return string(old), nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	return text, os.WriteFile(path, []byte(text), mode)
}
