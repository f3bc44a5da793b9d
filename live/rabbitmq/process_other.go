//go:build !linux

package rabbitmq

import (
	"errors"
	"os"
	"os/exec"
	"time"
)

var errNotLinux = errors.New("a private RabbitMQ node needs Linux")

// process has no values here: spawn always fails. The package compiles
// everywhere so that tests which would skip can be built.
type process struct {
	done chan struct{}
	err  error
}

func spawn(*exec.Cmd) (*process, error) { return nil, errNotLinux }

func (p *process) alive() bool             { return false }
func (p *process) kill()                   {}
func (p *process) terminate(time.Duration) {}
func (p *process) pause() error            { return errNotLinux }
func (p *process) resume() error           { return errNotLinux }
func (p *process) paused() (bool, error)   { return false, errNotLinux }

func tryLock(*os.File) (bool, error) { return false, errNotLinux }
