package rabbitmq

import (
	"context"
	"errors"
	"fmt"
	"time"
)

var errNotRunning = errors.New("the node is not running")

// Kill ends the node as kill -9 does and returns when it is gone. Clients see
// a reset. A node that does not run is left as it is.
//
// What the node acknowledged a moment ago need not have survived: RabbitMQ
// 3.10.8 can lose a durable queue within two seconds of its declare-ok. An
// orderly [Node.Restart] before makes sure of it.
func (n *Node) Kill() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.server.kill()
}

// Pause stops the node in the midst of whatever it does (SIGSTOP) and returns
// when no thread of it runs. The kernel goes on accepting connections and
// bytes on its behalf. To pause a paused node does nothing.
func (n *Node) Pause() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.server.alive() {
		return fmt.Errorf("pause rabbitmq: %w", errNotRunning)
	}
	if err := n.server.pause(); err != nil {
		return fmt.Errorf("pause rabbitmq: %w", err)
	}
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		switch done, err := n.server.paused(); {
		case err != nil:
			return fmt.Errorf("pause rabbitmq: %w", err)
		case done:
			return nil
		}
		select {
		case <-n.server.done:
			return fmt.Errorf("pause rabbitmq: %w", errNotRunning)
		case <-tick.C:
		}
	}
}

// Continue lets a paused node go on (SIGCONT). On a node that is not paused it
// does nothing.
func (n *Node) Continue() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.server.alive() {
		return fmt.Errorf("continue rabbitmq: %w", errNotRunning)
	}
	if err := n.server.resume(); err != nil {
		return fmt.Errorf("continue rabbitmq: %w", err)
	}
	return nil
}

// CloseAllConnections has the node close every client connection with
// connection.close 320 CONNECTION_FORCED and the given reason as its text.
func (n *Node) CloseAllConnections(ctx context.Context, reason string) error {
	_, err := n.Ctl(ctx, "close_all_connections", reason)
	return err
}
