package rabbitmq

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"
)

var (
	errStopped = errors.New("the node is stopped")
	errNotRoot = errors.New("only the superuser is able")
)

const (
	// startTimeout bounds a start whose context has no deadline. A start
	// takes 3 s on two idle cores, and has taken 20 s on busy ones.
	startTimeout = 60 * time.Second
	// stopGrace is what a node gets to end by itself; it takes 1 s.
	stopGrace = 10 * time.Second
	// startAttempts bounds how often Start picks other ports when somebody
	// took one of its choice before the node did.
	startAttempts = 5
)

// Options says how to start a node. The zero value is good.
type Options struct {
	// Dir is the directory for all that the node writes; it is made if
	// missing, never removed, and used by one node at a time. A later node
	// in the same Dir finds the data of the earlier one, on other ports.
	// Empty: a new temporary directory, removed by Stop.
	Dir string

	// Bin is the directory with the scripts rabbitmq-server and rabbitmqctl
	// (not Debian's wrappers of these names in /usr/sbin). Empty: where
	// Debian, Ubuntu and upstream packages have them.
	Bin string

	// Root is the root directory of the system that has the RabbitMQ, Bin
	// among it, for a version that this machine's own system does not have;
	// see [Find]. All of the node's programs run in there (chroot), on top of
	// it rather: nothing in it is changed, and Dir has the same path inside as
	// outside. It must have the directories mnt, proc and dev, and only the
	// superuser can start such a node. Empty: this machine's own.
	Root string

	// Config holds lines to add to rabbitmq.conf. Where they repeat a key of
	// ours, they win.
	Config string

	// Log receives the node's output until Stop returns, from one goroutine
	// at a time. Its errors are ignored. Nil: nowhere; [Node.Output] has the
	// end of it in either case.
	Log io.Writer
}

// Node is a private RabbitMQ node. Its methods are safe for concurrent use;
// those that change what the node does (Kill, Restart, Pause, Continue, Stop)
// wait for each other.
//
//	Start ──▶ running ──Kill, or a death of its own──▶ down
//	           │ ▲  ▲                                   │
//	           └─┘  └──────────────Restart──────────────┘
//	         Restart
//
//	running, down ──Stop──▶ stopped, for good
//
// Between Pause and Continue a node still counts as running.
type Node struct {
	opts  Options
	dir   *directory
	ports ports
	out   *output

	mu      sync.Mutex
	server  *process
	epmd    *process
	version string
	stopped bool
}

// Start starts a node and returns when it accepts AMQP connections. ctx
// bounds the start, not the node's life; without a deadline the start gets
// 60 s. If the start fails or ctx ends, nothing is left of the node, and the
// error tells what the node last wrote; it wraps [ErrNotInstalled] or ctx's
// error where that is the cause.
//
// The caller must call [Node.Stop]. A process that ends without it, however
// abruptly, takes its nodes along but leaves their temporary directories to
// the next Start.
func Start(ctx context.Context, opts Options) (*Node, error) {
	return start(ctx, opts, reservePorts)
}

func start(ctx context.Context, opts Options, pick func() (ports, error)) (*Node, error) {
	if opts.Bin == "" {
		opts.Bin = scripts
	}
	if _, err := installed(opts.Root, opts.Bin); err != nil {
		return nil, fmt.Errorf("start rabbitmq: %w", err)
	}
	if opts.Root != "" {
		if os.Geteuid() != 0 {
			return nil, fmt.Errorf("start rabbitmq: %w to start what is in %s", errNotRoot, opts.Root)
		}
		root, err := filepath.Abs(opts.Root)
		if err != nil {
			return nil, fmt.Errorf("start rabbitmq: %w", err)
		}
		opts.Root = root
	}
	dir, err := openDirectory(opts.Dir)
	if err != nil {
		return nil, fmt.Errorf("start rabbitmq: %w", err)
	}
	ctx, cancel := bounded(ctx)
	defer cancel()
	for attempt := 1; ; attempt++ {
		p, err := pick()
		if err != nil {
			dir.close()
			return nil, fmt.Errorf("start rabbitmq: %w", err)
		}
		n := &Node{opts: opts, dir: dir, ports: p, out: &output{log: opts.Log}}
		err = n.boot(ctx)
		if err == nil {
			return n, nil
		}
		n.epmd.kill()
		p.release()
		if attempt == startAttempts || !errors.Is(err, errPortTaken) {
			dir.close()
			return nil, fmt.Errorf("start rabbitmq: %w", err)
		}
	}
}

func bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, startTimeout)
}

// URL is what an AMQP client dials: amqp://guest:guest@127.0.0.1:PORT/. It
// stays the same over restarts.
func (n *Node) URL() string { return "amqp://guest:guest@" + n.Addr() + "/" }

// Addr is the address that the node listens on for AMQP, 127.0.0.1:PORT.
func (n *Node) Addr() string { return n.ports.addr() }

// Dir is the node's directory, an absolute path.
func (n *Node) Dir() string { return n.dir.path }

// Output returns what the node wrote since it last started; of a long output
// the last 64 to 128 KiB.
func (n *Node) Output() string { return n.out.String() }

// Version returns the server's version as it told at its last start, such as
// "3.10.8".
func (n *Node) Version() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.version
}

// Restart starts the node again, with the same directory, data, address and
// configuration; a running node is first shut down in an orderly way. ctx
// means the same as in [Start]. If the restart fails the node is down, and
// Restart may be called again.
func (n *Node) Restart(ctx context.Context) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.stopped {
		return fmt.Errorf("restart rabbitmq: %w", errStopped)
	}
	ctx, cancel := bounded(ctx)
	defer cancel()
	n.server.terminate(stopGrace)
	if err := n.boot(ctx); err != nil {
		return fmt.Errorf("restart rabbitmq: %w", err)
	}
	return nil
}

// Stop shuts the node down in an orderly way, resumes it for that if it is
// paused, and kills what has not ended within 10 s. When it returns neither
// the node nor its epmd runs, and the temporary directory, if Start made one,
// is gone; the error is about that directory. Further calls do nothing.
func (n *Node) Stop() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.stopped {
		return nil
	}
	n.stopped = true
	n.server.terminate(stopGrace)
	n.epmd.kill()
	n.ports.release()
	if err := n.dir.close(); err != nil {
		return fmt.Errorf("stop rabbitmq: %w", err)
	}
	return nil
}
