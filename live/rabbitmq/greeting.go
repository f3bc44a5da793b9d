package rabbitmq

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// greeting is what we want to know of the connection.start with which a broker
// answers the protocol header: two of its server properties.
type greeting struct {
	version string // "3.10.8"
	cluster string // "NODE@HOST" of the first node of the cluster, unless changed
}

// greet opens a connection to addr, says the protocol header of AMQP 0-9-1
// (§4.2.2) and reads the answer. Any error means: not ready.
func greet(ctx context.Context, addr string) (greeting, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return greeting{}, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if _, err := conn.Write([]byte("AMQP\x00\x00\x09\x01")); err != nil {
		return greeting{}, err
	}
	return readGreeting(conn)
}

// readGreeting reads a method frame (§4.2.3) with a connection.start
// (§1.4.2.1). It does not decode the table of server properties but looks for
// the two names in it, each as a short string with a long string after it;
// that spares a codec, of which this project already has one elsewhere.
func readGreeting(r io.Reader) (greeting, error) {
	const frameMethod, frameEnd, limit = 1, 0xCE, 64 << 10
	var head [7]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return greeting{}, err
	}
	size := binary.BigEndian.Uint32(head[3:])
	if head[0] != frameMethod || size < 4 || size > limit {
		return greeting{}, fmt.Errorf("answer to the protocol header is no method frame: % x", head)
	}
	frame := make([]byte, size+1)
	if _, err := io.ReadFull(r, frame); err != nil {
		return greeting{}, err
	}
	if frame[size] != frameEnd || !bytes.HasPrefix(frame, []byte{0, 10, 0, 10}) {
		return greeting{}, errors.New("answer to the protocol header is no connection.start")
	}
	frame = frame[:size]
	return greeting{
		version: longString(frame, "version"),
		cluster: longString(frame, "cluster_name"),
	}, nil
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
