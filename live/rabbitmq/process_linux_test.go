package rabbitmq

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// The kernel kills the child when the thread that forked it ends. That must
// not be the caller's thread, which ends here.
func TestSpawnOutlivesTheCallersThread(t *testing.T) {
	type result struct {
		p      *process
		thread int
		err    error
	}
	spawnAndExit := func() result {
		spawned := make(chan result)
		go func() {
			runtime.LockOSThread() // and never unlock: the thread ends with the goroutine
			p, err := spawn(exec.Command("sleep", "600"))
			spawned <- result{p, syscall.Gettid(), err}
		}()
		return <-spawned
	}
	r := spawnAndExit()
	if r.err == nil && r.thread == os.Getpid() {
		// The process's first thread does not end but is put to sleep for
		// good, so that the next goroutine gets another one.
		r.p.kill()
		r = spawnAndExit()
	}
	if r.err != nil {
		t.Fatal(r.err)
	}
	deadline := time.Now().Add(10 * time.Second)
	for !errors.Is(syscall.Access("/proc/self/task/"+strconv.Itoa(r.thread), 0), syscall.ENOENT) {
		if time.Now().After(deadline) {
			t.Fatal("the caller's thread does not end")
		}
		time.Sleep(time.Millisecond)
	}
	if err := r.p.pause(); err != nil {
		t.Error(err)
	}
	for {
		if done, err := r.p.paused(); err != nil || !r.p.alive() {
			t.Fatalf("the child is gone: %v", err)
		} else if done {
			break
		}
	}
	r.p.terminate(10 * time.Second) // which must resume it
	if state := r.p.cmd.ProcessState.Sys().(syscall.WaitStatus); state.Signal() != syscall.SIGTERM {
		t.Errorf("ended by %v", state.Signal())
	}
}

func TestTerminateKillsWhatDoesNotEnd(t *testing.T) {
	cmd := exec.Command("sh", "-c", `trap "" TERM; echo deaf; while :; do sleep 600; done`)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p, err := spawn(cmd)
	if err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(stdout).ReadString('\n'); line != "deaf\n" {
		t.Fatalf("said %q, error %v", line, err)
	}
	p.terminate(10 * time.Millisecond)
	if state := p.cmd.ProcessState.Sys().(syscall.WaitStatus); state.Signal() != syscall.SIGKILL {
		t.Errorf("ended by %v", state.Signal())
	}
	p.terminate(0) // of a dead process does nothing
	(*process)(nil).terminate(0)
}
