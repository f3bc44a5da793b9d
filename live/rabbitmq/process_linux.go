package rabbitmq

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"time"
)

// process is a child process that dies with us.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when the process is gone and reaped
	err  error         // of exec.Cmd.Wait; to be read after done
}

// spawn starts cmd in a process group of its own, so that a Ctrl-C at our
// terminal does not reach it, with the request to the kernel to kill it when
// we die (PR_SET_PDEATHSIG).
//
// The kernel takes for the parent not our process but the thread that forked.
// A Go program's threads come and go: one ends when a goroutine returns that
// is still locked to it, which any caller of ours may be, and the child would
// die in the midst of things. So a goroutine made for this child forks it on
// a thread that is its own until the child is gone. The price is one sleeping
// thread for each child. The opposite race, our death between fork and
// prctl, is closed by package syscall, which compares the parent afterwards.
//
// The alternatives were a helper that waits for the end of a pipe and then
// kills, which can itself be killed and must kill by number what may have
// been reused, and a process-id name space, which not every user may make.
func spawn(cmd *exec.Cmd) (*process, error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	// Wait returns when everybody who inherited the output has closed it, so
	// that the helpers of an Erlang machine are gone too, or this long after
	// the process itself ended.
	cmd.WaitDelay = 2 * time.Second
	p := &process{cmd: cmd, done: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err != nil {
			return
		}
		p.err = cmd.Wait()
		close(p.done)
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

// alive says whether the process has not ended. A nil process has.
func (p *process) alive() bool {
	if p == nil {
		return false
	}
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// signal sends sig to the process group. Nothing happens if the process has
// ended.
func (p *process) signal(sig syscall.Signal) error {
	if !p.alive() {
		return nil
	}
	err := syscall.Kill(-p.cmd.Process.Pid, sig)
	if errors.Is(err, syscall.ESRCH) {
		return nil
	}
	return os.NewSyscallError("kill", err)
}

// kill ends the process at once and returns when it is gone.
func (p *process) kill() {
	if p.alive() {
		p.signal(syscall.SIGKILL)
		<-p.done
	}
}

// terminate asks the process, paused or not, to end, and kills it if it has
// not done so within grace.
func (p *process) terminate(grace time.Duration) {
	if !p.alive() {
		return
	}
	p.signal(syscall.SIGTERM)
	p.signal(syscall.SIGCONT)
	select {
	case <-p.done:
	case <-time.After(grace):
		p.kill()
	}
}

func (p *process) pause() error  { return p.signal(syscall.SIGSTOP) }
func (p *process) resume() error { return p.signal(syscall.SIGCONT) }

// paused says whether every thread of the process has come to its stop, which
// may be some time after the signal.
func (p *process) paused() (bool, error) {
	stats, err := filepath.Glob("/proc/" + strconv.Itoa(p.cmd.Process.Pid) + "/task/*/stat")
	if err != nil {
		return false, err
	}
	for _, stat := range stats {
		text, err := os.ReadFile(stat)
		if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
			continue // the thread ended meanwhile
		}
		if err != nil {
			return false, err
		}
		// "pid (name) state …", and the name may hold anything
		if _, rest, ok := bytes.Cut(text[bytes.LastIndexByte(text, ')')+1:], []byte(" ")); ok && rest[0] != 'T' {
			return false, nil
		}
	}
	return len(stats) > 0, nil
}

// tryLock takes the lock on f for as long as f is open, unless another open
// file has it.
func tryLock(f *os.File) (bool, error) {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, os.NewSyscallError("flock", err)
}
