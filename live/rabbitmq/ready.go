package rabbitmq

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"time"
)

// notices receives what a node tells the service manager that it takes us for,
// in the protocol of systemd (sd_notify(3)): datagrams of NAME=VALUE lines.
// One of them is READY=1, at the end of the boot.
//
// An answer on the AMQP port alone would not do. RabbitMQ opens the port some
// 70 ms before it is through with its boot, on a busy machine much longer; and
// the answer may be another broker's, which took the port after we looked and
// before our node came to listen. The notice is our node's own. (Its log says
// the same, but not at every log level.)
type notices struct {
	conn  *net.UnixConn
	ready chan struct{} // closed at READY=1
}

// listenForNotices opens a socket in the abstract name space: a path in the
// node's directory might be longer than the 107 bytes that a socket's may be.
func listenForNotices(name string) (*notices, error) {
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Net: "unixgram", Name: "@lockstep/rabbitmq/" + name})
	if err != nil {
		return nil, fmt.Errorf("listen for the node's notices: %w", err)
	}
	n := &notices{conn: conn, ready: make(chan struct{})}
	go n.receive()
	return n, nil
}

// addr is the value for NOTIFY_SOCKET.
func (n *notices) addr() string { return n.conn.LocalAddr().String() }

// close ends receive. The node does not mind that nobody listens any more.
func (n *notices) close() { n.conn.Close() }

func (n *notices) receive() {
	buffer := make([]byte, 4096)
	for {
		size, err := n.conn.Read(buffer)
		if err != nil {
			return
		}
		if isReady(buffer[:size]) {
			close(n.ready)
			return
		}
	}
}

func isReady(notice []byte) bool {
	return slices.ContainsFunc(bytes.Split(notice, []byte("\n")), func(line []byte) bool {
		return string(line) == "READY=1"
	})
}

// greet opens a connection to addr, says the protocol header of AMQP 0-9-1
// (§4.2.2) and returns the version that the broker names in its answer, or "" if
// it names none. An error means that it does not answer as a broker does.
func greet(ctx context.Context, addr string) (version string, err error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if _, err := conn.Write([]byte("AMQP\x00\x00\x09\x01")); err != nil {
		return "", err
	}
	return readGreeting(conn)
}

// readGreeting reads a method frame (§4.2.3) with a connection.start
// (§1.4.2.1). It does not decode the table of server properties but looks for
// the name in it, as a short string with a long string after it; that spares
// a codec, of which this project already has one elsewhere.
func readGreeting(r io.Reader) (version string, err error) {
	const frameMethod, frameEnd, limit = 1, 0xCE, 64 << 10
	var head [7]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return "", err
	}
	size := binary.BigEndian.Uint32(head[3:])
	if head[0] != frameMethod || size < 4 || size > limit {
		return "", fmt.Errorf("answer to the protocol header is no method frame: % x", head)
	}
	frame := make([]byte, size+1)
	if _, err := io.ReadFull(r, frame); err != nil {
		return "", err
	}
	if frame[size] != frameEnd || !bytes.HasPrefix(frame, []byte{0, 10, 0, 10}) {
		return "", errors.New("answer to the protocol header is no connection.start")
	}
	return longString(frame[:size], "version"), nil
}

// longString returns the value of the table field with that name, or "".
func longString(table []byte, name string) string {
	_, rest, ok := bytes.Cut(table, []byte(string(rune(len(name)))+name+"S"))
	if !ok || len(rest) < 4 {
		return ""
	}
	size := binary.BigEndian.Uint32(rest)
	rest = rest[4:]
	return string(rest[:min(uint64(size), uint64(len(rest)))])
}
