package rabbitmq

import (
	"errors"
	"net"
	"strconv"
	"syscall"
	"testing"
)

func TestPortsEnd(t *testing.T) {
	for text, want := range map[string]int{
		"32768\t60999\n": 32768, // Linux's own setting
		"25000\t60999\n": 25000,
		"1024\t65535\n":  32768, // nothing left below it: take the chance
		"20500\t60999\n": 32768,
		"49152\t65535\n": 32768,
		"":               32768,
	} {
		if got := portsEndOf(text); got != want {
			t.Errorf("portsEndOf(%q) = %d, want %d", text, got, want)
		}
	}
}

func TestReservePorts(t *testing.T) {
	seen := map[int]bool{}
	for range 50 {
		p, err := reservePorts()
		if err != nil {
			t.Fatal(err)
		}
		defer p.release()
		for _, port := range []int{p.amqp, p.dist, p.epmd} {
			if seen[port] {
				t.Errorf("port %d is in two blocks", port)
			}
			if port < portsLow || port >= portsHigh {
				t.Errorf("port %d is outside [%d, %d)", port, portsLow, portsHigh)
			}
			seen[port] = true
		}
	}
}

func TestReserveBlock(t *testing.T) {
	p, err := reservePorts()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := reserveBlock(p.amqp); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("a reserved block can be reserved: error %v", err)
	}
	p.release()
	for _, port := range []int{p.amqp, p.dist, p.epmd} {
		l, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := reserveBlock(p.amqp); !errors.Is(err, syscall.EADDRINUSE) {
			t.Errorf("a block can be reserved with port %d taken: error %v", port, err)
		}
		l.Close()
	}
	p, err = reserveBlock(p.amqp)
	if err != nil {
		t.Errorf("a released block cannot be reserved: %v", err)
	}
	p.release()
}
