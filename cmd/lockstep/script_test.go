package main

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/lockstep-prover/lockstep/live/amqptest"
	"github.com/lockstep-prover/lockstep/live/rabbitmq/rabbitmqtest"
)

// The scripts are the command line's specification: each exit status, each wrong use.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Condition: func(name string) (bool, error) {
			if name != "rabbitmq" {
				return false, fmt.Errorf("unknown condition %q", name)
			}
			return os.Getenv(rabbitmqtest.Switch) == "1", nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"status": scriptStatus,
			"broker": scriptBroker,
			"resum":  scriptResum,
		},
	})
}

// scriptStatus is exec that wants a certain exit status:
//
//	status 2 lockstep prove no/such-system
func scriptStatus(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N program [args...]")
	}
	got := 0
	var exit *exec.ExitError
	switch err := ts.Exec(args[1], args[2:]...); {
	case errors.As(err, &exit):
		got = exit.ExitCode()
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if strconv.Itoa(got) != args[0] {
		ts.Fatalf("exit status %d, want %s", got, args[0])
	}
}

// scriptResum gives an altered certificate the sum that it should have: the last line is "end" and that of all before it.
func scriptResum(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: resum FILE")
	}
	text := ts.ReadFile(args[0])
	states := text[:strings.LastIndex(text, "\nend ")+1]
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), fmt.Appendf(nil, "%send %x\n", states, sha256.Sum256([]byte(states))), 0o666))
}

// scriptBroker starts an embedded broker that lives as long as the script, and puts its URL into the environment, its address
// (URL_ADDR), and the URL with a wrong password:
//
//	broker [-faulty] URL WRONG
//
// A faulty one hangs up on whoever declares a queue with x-max-length.
func scriptBroker(ts *testscript.TestScript, neg bool, args []string) {
	faulty := len(args) > 0 && args[0] == "-faulty"
	if faulty {
		args = args[1:]
	}
	if neg || len(args) != 2 {
		ts.Fatalf("usage: broker [-faulty] URL WRONG")
	}
	server, err := amqptest.Listen(amqptest.Options{})
	ts.Check(err)
	ts.Defer(server.Close)
	addr := server.Addr()
	if faulty {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		ts.Check(err)
		ts.Defer(func() { l.Close() })
		go forward(l, addr)
		addr = l.Addr().String()
	}
	ts.Setenv(args[0]+"_ADDR", addr)
	ts.Setenv(args[0], "amqp://guest:guest@"+addr+"/")
	ts.Setenv(args[1], "amqp://guest:wrong@"+addr+"/")
}

// forward passes connections on to addr until the listener closes, and breaks those that it does not like.
func forward(l net.Listener, addr string) {
	for {
		client, err := l.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", addr)
		if err != nil {
			client.Close()
			return
		}
		go func() {
			io.Copy(client, server)
			client.Close()
		}()
		go func() {
			defer server.Close()
			defer client.Close()
			for b := make([]byte, 4096); ; {
				n, err := client.Read(b)
				if err != nil || bytes.Contains(b[:n], []byte("x-max-length")) {
					return
				}
				server.Write(b[:n])
			}
		}()
	}
}
