package rabbitmq

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// ErrNotInstalled says that this machine has no RabbitMQ server where
// [Start] looks for it, and what to do about it.
var ErrNotInstalled = errors.New("rabbitmq-server is not installed; try: apt-get install --no-install-recommends rabbitmq-server")

// scripts is where the Debian, Ubuntu and upstream packages put the server's
// own scripts. The programs of the same names in /usr/sbin are wrappers that
// switch to the user rabbitmq and to /var/lib/rabbitmq, and refuse to run for
// anybody but root; they are of no use here.
const scripts = "/usr/lib/rabbitmq/bin"

// installed returns the path of the script rabbitmq-server in a directory, or
// [ErrNotInstalled].
func installed(bin string) (string, error) {
	path := filepath.Join(bin, "rabbitmq-server")
	switch info, err := os.Stat(path); {
	case errors.Is(err, os.ErrNotExist):
		return "", fmt.Errorf("no %s: %w", path, ErrNotInstalled)
	case err != nil:
		return "", fmt.Errorf("look for rabbitmq-server: %w", err)
	case info.IsDir() || info.Mode()&0o111 == 0:
		return "", fmt.Errorf("%s is no program: %w", path, ErrNotInstalled)
	}
	return path, nil
}
