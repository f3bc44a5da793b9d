package amqptest_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/lockstep-prover/lockstep/live/amqptest"
	"github.com/lockstep-prover/lockstep/live/rabbitmq/rabbitmqtest"
)

// serves makes the test binary a broker: its value is Options.Dir, after a "=".
const serves = "LOCKSTEP_TEST_SERVES"

func TestMain(m *testing.M) {
	if dir, ok := strings.CutPrefix(os.Getenv(serves), "="); ok {
		s := amqptest.NewServer(amqptest.Options{Dir: dir})
		fmt.Println(s.URL())
		io.Copy(io.Discard, os.Stdin) // until the test ends, however it does
		s.Close()
		os.Exit(0)
	}
	os.Exit(rabbitmqtest.Run(m))
}

// process is a broker in a process of its own.
type process struct {
	*exec.Cmd
	url   string
	stdin io.Closer // it serves until this closes
}

// start starts one on a directory; "" keeps nothing.
func start(t testing.TB, dir string) *process {
	t.Helper()
	p := &process{Cmd: exec.Command(os.Args[0])}
	p.Env = append(os.Environ(), serves+"="+"="+dir)
	p.Stderr = os.Stderr
	stdout, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if p.stdin, err = p.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	if p.url, err = bufio.NewReader(stdout).ReadString('\n'); err != nil {
		t.Fatalf("the broker has not begun: %v", err)
	}
	p.url = strings.TrimSpace(p.url)
	return p
}

// kill is kill -9.
func (p *process) kill() {
	p.Process.Kill()
	p.Wait()
}
