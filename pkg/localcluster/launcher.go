// SPDX-License-Identifier: Apache-2.0

package localcluster

import (
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"sync"
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
	pipe     io.WriteCloser
	mu       sync.Mutex // Guards pipe: one line at a time.
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
	var err error
	if l.pipe, err = l.watchdog.StdinPipe(); err != nil {
		return nil, fmt.Errorf("starting the watchdog: %w", err)
	}
	if err := l.watchdog.Start(); err != nil {
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

// start starts cmd, in a process group of its own if group is set. The caller
// has to wait for the command and then call ended.
func (l *launcher) start(cmd *exec.Cmd, group bool) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: group, Pdeathsig: syscall.SIGKILL}
	result := make(chan error)
	l.forks <- func() { result <- cmd.Start() }
	err := <-result
	if err == nil && group {
		l.tell("started", cmd.Process.Pid)
	}
	return err
}

// ended tells that the process group of cmd is gone.
func (l *launcher) ended(cmd *exec.Cmd) {
	if cmd.SysProcAttr.Setpgid {
		l.tell("ended", cmd.Process.Pid)
	}
}

// tell writes one line to the watchdog. That it can't is no reason to fail: the
// parent-death signal is still there.
func (l *launcher) tell(event string, group int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, _ = fmt.Fprintf(l.pipe, "%s %d\n", event, group)
}

// close ends the thread and the watchdog, and with them every process that is
// still running.
func (l *launcher) close() {
	close(l.forks)
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = l.pipe.Close()
	_ = l.watchdog.Wait()
}
