package rabbitmq

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"syscall"
)

const host = "127.0.0.1"

// Ports are drawn from [portsLow, portsHigh), less what of it the kernel hands
// out by itself: see portsEnd.
const (
	portsLow  = 20000
	portsHigh = 32768
	// portsStep is the distance between two blocks, at least the number of
	// ports in one.
	portsStep = 4
)

// ports is a block of consecutive loopback ports that one node uses. The
// block stays reserved until release, whether or not the node runs, so a node
// that is down between Kill and Restart finds its ports as it left them.
type ports struct {
	amqp, dist, epmd int

	hold net.Listener
}

func (p ports) addr() string { return net.JoinHostPort(host, strconv.Itoa(p.amqp)) }

func (p ports) release() {
	if p.hold != nil {
		p.hold.Close()
	}
}

// reservePorts picks a free block at random, so that processes that start at
// the same time seldom try the same one.
func reservePorts() (ports, error) {
	end := portsEnd()
	blocks := (end - portsLow) / portsStep
	for range 256 {
		p, err := reserveBlock(portsLow + portsStep*rand.IntN(blocks))
		if !errors.Is(err, syscall.EADDRINUSE) {
			return p, err
		}
	}
	return ports{}, fmt.Errorf("find free loopback ports: 256 blocks between %d and %d are all in use", portsLow, end)
}

// reserveBlock reserves the block that begins at base, or fails with
// EADDRINUSE if anybody has a part of it.
//
// Two checks, for two kinds of neighbour. Against other nodes of this package,
// in whatever process: a listener in the abstract Unix name space, which the
// kernel drops at our death and which belongs, as ports do, to the network
// name space. Against everybody else: every port must be free to listen on
// now. The second leaves a gap until the node listens itself, which is why
// Start tries again when it loses that race.
func reserveBlock(base int) (ports, error) {
	hold, err := net.Listen("unix", fmt.Sprintf("@lockstep/rabbitmq/%d", base))
	if err != nil {
		return ports{}, fmt.Errorf("reserve ports: %w", err)
	}
	p := ports{amqp: base, dist: base + 1, epmd: base + 2, hold: hold}
	for _, port := range []int{p.amqp, p.dist, p.epmd} {
		l, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
		if err != nil {
			p.release()
			return ports{}, fmt.Errorf("reserve ports: %w", err)
		}
		l.Close()
	}
	return p, nil
}

// portsEnd is where our range ends: before the kernel's range of ephemeral
// ports, if that leaves enough. An ephemeral port would be the easy choice and
// a wrong one: while the node is down any outgoing connection may be given its
// port, and a client that keeps dialling a dead ephemeral port on loopback
// ends up connected to itself (simultaneous open), which blocks the restart.
func portsEnd() int {
	text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range")
	if err != nil {
		return portsHigh
	}
	return portsEndOf(string(text))
}

func portsEndOf(localRange string) int {
	var low, high int
	if _, err := fmt.Sscan(localRange, &low, &high); err != nil {
		return portsHigh
	}
	if low < portsLow+1000 || low > portsHigh {
		return portsHigh
	}
	return low
}
