package rabbitmq

import (
	_ "embed"
	"os/exec"
)

// enterRoot is the shell script that runs a program in another root directory;
// it says itself how.
//
//go:embed enter-root
var enterRoot string

// command makes the command for a program of the node, with its environment
// and in its directory. With Options.Root the program is one there, and what
// starts it, first unshare, then a shell, then chroot, execs the next one and
// never forks: all become the program, with the process id that we know.
func (n *Node) command(env []string, program string, args ...string) *exec.Cmd {
	env = append(environ(n.dir, n.ports), env...)
	if n.opts.Root != "" {
		args = append([]string{"--mount", "sh", "-c", enterRoot, "enter-root", n.opts.Root, n.dir.path, program}, args...)
		program = "unshare"
		env = append(env, rootEnviron...)
	}
	cmd := exec.Command(program, args...)
	cmd.Env = env // where a name comes twice, the last one counts
	cmd.Dir = n.dir.path
	return cmd
}

// rootEnviron replaces what environ says about this machine's directories.
var rootEnviron = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TMPDIR=/tmp"}
