package rabbitmq

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// pollInterval is the pause between two looks at a condition of another
// process, for which there is nothing to wait on.
const pollInterval = 20 * time.Millisecond

// errPortTaken is in the error of a boot that failed because somebody else
// listens on one of the node's ports.
var errPortTaken = errors.New("a port is taken")

// boot starts the server, and epmd unless it runs, and returns when the server
// says that it has booted and answers the protocol header. After an error the
// server is gone; epmd may run.
func (n *Node) boot(ctx context.Context) error {
	n.server = nil
	n.out.reset()
	err := os.WriteFile(n.dir.file("rabbitmq.conf"), []byte(config(n.ports, n.opts.Config)), 0o644)
	if err == nil && !n.epmd.alive() {
		err = n.bootEpmd(ctx)
	}
	if err == nil {
		err = n.bootServer(ctx)
	}
	if err != nil && n.Output() != "" {
		err = fmt.Errorf("%w; output:%s", err, excerpt(n.Output()))
	}
	return err
}

// bootEpmd starts the Erlang port mapper, in which the node registers and
// rabbitmqctl finds it.
func (n *Node) bootEpmd(ctx context.Context) (err error) {
	n.epmd, err = n.spawn(nil, "epmd", "-address", host, "-port", strconv.Itoa(n.ports.epmd))
	if err != nil {
		return fmt.Errorf("start epmd: %w", err)
	}
	addr := net.JoinHostPort(host, strconv.Itoa(n.ports.epmd))
	if err := n.await(ctx, func(ctx context.Context) error {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
		if err == nil {
			conn.Close()
		}
		return err
	}); err != nil {
		n.epmd.kill()
		return err
	}
	return nil
}

// bootServer starts the server as systemd would: with a socket to notify, which
// also makes the script exec the Erlang machine instead of staying around it
// as a shell. See the package comment and notices for why each matters.
func (n *Node) bootServer(ctx context.Context) error {
	notices, err := listenForNotices(n.dir.name)
	if err != nil {
		return err
	}
	defer notices.close()
	n.server, err = n.spawn([]string{"NOTIFY_SOCKET=" + notices.addr()}, filepath.Join(n.opts.Bin, "rabbitmq-server"))
	if err != nil {
		return fmt.Errorf("start the server: %w", err)
	}
	var version string
	err = n.await(ctx, func(ctx context.Context) (err error) {
		select {
		case <-notices.ready:
		default:
			return errors.New("the server still boots")
		}
		version, err = greet(ctx, n.Addr())
		return err
	})
	if err != nil {
		n.server.kill()
		return err
	}
	n.version = version
	return nil
}

func (n *Node) spawn(env []string, program string, args ...string) (*process, error) {
	cmd := n.command(env, program, args...)
	cmd.Stdout = n.out
	cmd.Stderr = n.out // the same, so one pipe, and the order is kept
	return spawn(cmd)
}

// await returns when ready says nil, or with an error when ctx ends or a
// process of the node does.
func (n *Node) await(ctx context.Context, ready func(context.Context) error) error {
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	var serverDone chan struct{} // nil, so never, while there is no server
	if n.server != nil {
		serverDone = n.server.done
	}
	for {
		err := ready(ctx)
		if err == nil && n.epmd.alive() && (n.server == nil || n.server.alive()) {
			return nil
		}
		if sign := portTaken(n.Output()); sign != "" {
			return fmt.Errorf("%w (%s)", errPortTaken, sign)
		}
		select {
		case <-n.epmd.done:
			if n.epmd.err == nil { // its silent way to say so
				return fmt.Errorf("%w (epmd ended)", errPortTaken)
			}
			return fmt.Errorf("epmd ended (%v)", n.epmd.err)
		case <-serverDone:
			return fmt.Errorf("the server ended before it was ready (%v)", n.server.err)
		case <-ctx.Done():
			return fmt.Errorf("not ready: %w (last look: %v)", ctx.Err(), err)
		case <-tick.C:
		}
	}
}

// portTaken returns the words, if there are any, with which the server says
// that it could not listen. It ends by itself after that, but some seconds
// later.
func portTaken(output string) string {
	for _, words := range []string{"eaddrinuse", "dist_port_already_used", "could not bind to distribution port"} {
		if strings.Contains(output, words) {
			return words
		}
	}
	return ""
}
