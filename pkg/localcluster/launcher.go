// SPDX-License-Identifier: Apache-2.0

package localcluster

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
)

// launcher starts processes that do not outlive this one, however it ends. Two
// means see to it, neither of which needs our own code to run at the end:
//
//   - the kernel's parent-death signal. It fires when the thread that forked
//     ends, and Go ends threads as it likes, so every fork is made on one
//     goroutine that keeps its thread for as long as the launcher lives;
//   - a watchdog, a shell in a session of its own that learns of every process
//     group and kills those that are left when its end of a pipe says that we
//     are gone. It reaches what the processes started in turn.
type launcher struct {
	forks    chan func()
	watchdog *exec.Cmd
	pipe     *os.File // Its lines are short enough for the kernel to write each at once, whoever writes.
}

// watchdogScript keeps the list of live process groups. It ends on its own when
// the pipe closes, and does nothing then if all groups have ended before.
const watchdogScript = `
groups=" "
while read -r event group; do
  case $event in
    started) groups="$groups$group " ;;
    ended) groups="${groups%% $group *} ${groups#* $group }" ;;
  esac
done
for group in $groups; do kill -s KILL -- "-$group"; done 2>/dev/null
exit 0
`

func newLauncher() (*launcher, error) {
	l := &launcher{forks: make(chan func()), watchdog: exec.Command("/bin/sh", "-c", watchdogScript)}
	// A session of its own: what is typed at the terminal, or sent to our whole group, must not end it.
	l.watchdog.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	stdin, pipe, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("starting the watchdog: %w", err)
	}
	defer stdin.Close()
	l.watchdog.Stdin, l.pipe = stdin, pipe
	if err := l.watchdog.Start(); err != nil {
		_ = pipe.Close()
		return nil, fmt.Errorf("starting the watchdog: %w", err)
	}
	go func() {
		runtime.LockOSThread() // Never unlocked: the thread ends with the goroutine.
		for fork := range l.forks {
			fork()
		}
	}()
	return l, nil
}

// leaderScript tells the watchdog of the process's own group before it becomes the program that was asked for: were we to
// tell, we could be killed in between, and what the program had started by then would be nobody's. It tells from a subshell
// because a watchdog that has died is no reason not to start: the parent-death signal is still there.
const leaderScript = `(echo "started $$" >&3) 2>/dev/null; exec 3>&- "$@"`

// start starts cmd, in a process group of its own if group is set. The caller
// has to wait for the command and then call ended.
func (l *launcher) start(cmd *exec.Cmd, group bool) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: group, Pdeathsig: syscall.SIGKILL}
	if group && cmd.Err == nil {
		cmd.Args = append([]string{"/bin/sh", "-c", leaderScript, "sh", cmd.Path}, cmd.Args[1:]...)
		cmd.Path, cmd.ExtraFiles = "/bin/sh", []*os.File{l.pipe}
	}
	result := make(chan error)
	l.forks <- func() { result <- cmd.Start() }
	return <-result
}

// ended tells that the process group of cmd is gone. That the watchdog can't hear it is no reason to fail.
func (l *launcher) ended(cmd *exec.Cmd) {
	if cmd.SysProcAttr.Setpgid {
		_, _ = fmt.Fprintf(l.pipe, "ended %d\n", cmd.Process.Pid)
	}
}

// close ends the thread and the watchdog, and with them every process that is
// still running.
func (l *launcher) close() {
	close(l.forks)
	_ = l.pipe.Close()
	_ = l.watchdog.Wait()
}
