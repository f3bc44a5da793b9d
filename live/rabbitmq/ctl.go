package rabbitmq

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"strings"
)

// Ctl runs rabbitmqctl with args against the node and returns what it wrote to
// its standard output. If it fails, the error has what it wrote to standard
// error. When ctx ends rabbitmqctl is killed; on a paused node it waits for
// that or for its own timeout. A call costs about 0.5 s, and several may run
// at once.
func (n *Node) Ctl(ctx context.Context, args ...string) (string, error) {
	fail := func(err error) error {
		return fmt.Errorf("rabbitmqctl %s: %w", strings.Join(args, " "), err)
	}
	var stdout, stderr bytes.Buffer
	cmd := n.command(nil, filepath.Join(n.opts.Bin, "rabbitmqctl"), args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := ctx.Err(); err != nil {
		return "", fail(err)
	}
	p, err := spawn(cmd)
	if err != nil {
		return "", fail(err)
	}
	select {
	case <-p.done:
	case <-ctx.Done():
		p.kill()
		return "", fail(ctx.Err())
	}
	if p.err != nil {
		return stdout.String(), fail(fmt.Errorf("%w: %s", p.err, strings.TrimSpace(stderr.String())))
	}
	return stdout.String(), nil
}
