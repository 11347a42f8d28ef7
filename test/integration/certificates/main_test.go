// SPDX-License-Identifier: Apache-2.0

// Package certificates has a controller manager make the certificates that
// tenancy-apiserver serves with, from nothing, and replace them again and
// again, while requests come in that none may fail.
//
// The programs are started one by one, beside a cluster without tenancy, as
// Pods would be: tenancy-apiserver when its Secret is there, with files that
// follow the Secret as a kubelet has them follow.
package certificates

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"spectrocloud.com/tenancy/pkg/localcluster"
	"spectrocloud.com/tenancy/test/integration/framework"
)

const (
	namespace = "palette-system"
	service   = "tenancy-apiserver"
)

// The cluster, and what runs beside it: the ports are held until the end, so that nobody else gets them in a restart.
var (
	cluster    *framework.Cluster
	serverPort int
	managers   []*program
	running    []*program
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) (status int) {
	dir, err := os.MkdirTemp("", "tenancy-certificates-")
	if err == nil {
		defer os.RemoveAll(dir)
		cluster, err = framework.Start(context.Background(), dir, localcluster.Options{WithoutTenancy: true})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() {
		for _, p := range running {
			p.kill()
		}
		if err := cluster.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			status = 1
		}
	}()
	return m.Run()
}

// program is a process of ours, with its output in a file.
type program struct {
	name, path, log string
	args            []string

	mutex   sync.Mutex
	command *exec.Cmd
	ended   chan struct{}
	killed  bool
}

func newProgram(t *testing.T, name, binary string, args ...string) *program {
	t.Helper()
	root, err := framework.ModuleRoot()
	require.NoError(t, err)
	p := &program{name: name, path: filepath.Join(root, "bin", binary), log: filepath.Join(cluster.Dir(), "logs", name+".log"), args: args}
	running = append(running, p)
	return p
}

// start starts the process, and another one whenever it ends by itself, as a controller manager does that loses its lease.
func (p *program) start(t *testing.T) {
	t.Helper()
	require.NoError(t, p.launch())
}

func (p *program) launch() error {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	output, err := os.OpenFile(p.log, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer output.Close()
	command, ended := exec.Command(p.path, p.args...), make(chan struct{})
	command.Stdout, command.Stderr = output, output
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := command.Start(); err != nil {
		return err
	}
	p.command, p.ended, p.killed = command, ended, false
	go func() {
		_ = command.Wait()
		close(ended)
		p.mutex.Lock()
		killed := p.killed
		p.mutex.Unlock()
		if killed {
			return
		}
		if err := p.launch(); err != nil {
			fmt.Fprintln(os.Stderr, "starting", p.name, "again:", err)
		}
	}()
	return nil
}

// kill ends the process as a crash would.
func (p *program) kill() {
	p.mutex.Lock()
	if p.command == nil {
		p.mutex.Unlock()
		return
	}
	p.killed = true
	_ = p.command.Process.Kill()
	ended := p.ended
	p.mutex.Unlock()
	<-ended
}

func (p *program) output() string {
	output, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	return string(output)
}

func (p *program) leads() bool { return strings.Contains(p.output(), "Keeping certificates") }

// hold returns a port that only programs with --permit-port-sharing get, until the tests end.
func hold(t *testing.T) int {
	t.Helper()
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	require.NoError(t, err)
	require.NoError(t, unix.SetsockoptInt(socket, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1))
	require.NoError(t, unix.Bind(socket, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	address, err := unix.Getsockname(socket)
	require.NoError(t, err)
	return address.(*unix.SockaddrInet4).Port
}

func kubeconfig(program string) string {
	return filepath.Join(cluster.Dir(), "pki", program+".kubeconfig")
}

func newManager(t *testing.T, i int) *program {
	t.Helper()
	port := hold(t)
	m := newProgram(t, fmt.Sprintf("tenancy-controller-manager-%d", i), "tenancy-controller-manager",
		"--kubeconfig="+kubeconfig(localcluster.TenancyControllerManager), "--system-namespace="+namespace, "--system-default-resources=false",
		"--bind-address=127.0.0.1", fmt.Sprintf("--secure-port=%d", port), "--permit-port-sharing",
		"--leader-elect-lease-duration=3s", "--leader-elect-renew-deadline=2s", "--leader-elect-retry-period=500ms",
		"--serving-certificate-service="+service, "--serving-certificate-namespace="+namespace,
		"--serving-certificate-lifetime="+lifetime.String(), "--serving-ca-lifetime="+caLifetime.String())
	ports[m] = port
	return m
}

// ports are those of the controller managers' metrics.
var ports = map[*program]int{}

// leader is the controller manager that makes certificates.
func leader(t *testing.T) *program {
	t.Helper()
	for _, m := range managers {
		if m.leads() {
			return m
		}
	}
	require.FailNow(t, "no controller manager leads")
	return nil
}

func newServer(t *testing.T, tls string) *program {
	t.Helper()
	return newProgram(t, "tenancy-apiserver", "tenancy-apiserver",
		"--kubeconfig="+kubeconfig(localcluster.TenancyAPIServer),
		"--authentication-kubeconfig="+kubeconfig(localcluster.TenancyAPIServer), "--authorization-kubeconfig="+kubeconfig(localcluster.TenancyAPIServer),
		"--system-namespace="+namespace, "--etcd-data-dir="+filepath.Join(cluster.Dir(), "etcd-tenancy"),
		"--bind-address=127.0.0.1", fmt.Sprintf("--secure-port=%d", serverPort), "--permit-port-sharing",
		"--tls-cert-file="+filepath.Join(tls, "tls.crt"), "--tls-private-key-file="+filepath.Join(tls, "tls.key"))
}

// tell shows what the programs said last, if the test fails.
func tell(t *testing.T) {
	t.Cleanup(func() {
		for _, p := range running {
			if lines := strings.Split(p.output(), "\n"); t.Failed() {
				t.Logf("last lines of %s:\n%s", p.name, strings.Join(lines[max(0, len(lines)-40):], "\n"))
			}
		}
		assert.NotContains(t, strings.Join(outputs(), "\n"), "Observed a panic")
	})
}

func outputs() (all []string) {
	for _, p := range running {
		all = append(all, p.output())
	}
	return all
}
