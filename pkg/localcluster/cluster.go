// SPDX-License-Identifier: Apache-2.0

package localcluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"spectrocloud.com/tenancy/pkg/localcluster/pods"
)

// startTimeout bounds a start, which takes seconds: on a machine that is too busy to
// be done by then, waiting longer helps nobody.
const startTimeout = 2 * time.Minute

// Cluster is a running control plane. Stop has to be called at the end; if this
// process dies without, its processes die with it.
type Cluster struct {
	options    Options
	lock       io.Closer
	certs      *certificates
	ports      *ports
	issuer     *issuer
	launcher   *launcher
	node       *pods.Node // Nil without Options.Pods.
	podLog     *os.File
	components []*Component // In the order in which they are added; stopped in reverse.
	failures   chan error
	stop       func() error
	abort      context.CancelCauseFunc // Ends a start under way.
	progress   sync.Mutex              // Guards options.Stdout: one line at a time.
}

// Start starts a cluster and returns when it is ready for use: every process is
// healthy and, unless WithoutTenancy is set, our API is available. The
// context bounds the start alone. When Start fails nothing is left running.
func Start(ctx context.Context, options Options) (*Cluster, error) {
	options, err := options.complete()
	if err != nil {
		return nil, err
	}
	ctx, cancelTimeout := context.WithTimeout(ctx, startTimeout)
	defer cancelTimeout()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	c := &Cluster{options: options, failures: make(chan error, 1), abort: cancel}
	c.stop = sync.OnceValue(c.tearDown)
	if err := c.prepare(); err != nil {
		return nil, errors.Join(err, c.Stop())
	}
	if err := c.bringUp(ctx); err != nil {
		select {
		case err = <-c.failures: // The reason for whatever else went wrong.
		default:
		}
		return nil, errors.Join(err, c.Stop())
	}
	return c, nil
}

// prepare makes all that has to be there before the first process starts.
func (c *Cluster) prepare() (err error) {
	for _, dir := range []string{c.options.Dir, c.logDir()} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	}
	if c.lock, err = lock(c.options.Dir); err != nil {
		return err
	}
	if c.certs, err = loadCertificates(filepath.Join(c.options.Dir, "pki")); err != nil {
		return err
	}
	if c.ports, err = holdPorts(c.options); err != nil {
		return err
	}
	if c.issuer, err = startIssuer(c.certs.idTokens, c.certs.issuerServer, c.fail); err != nil {
		return err
	}
	if err := c.writeAuthentication(); err != nil {
		return err
	}
	if err := c.writeKubeconfigs(); err != nil {
		return err
	}
	if c.launcher, err = newLauncher(); err != nil || !c.options.Pods {
		return err
	}
	return c.prepareNode()
}

// bringUp starts the processes in the order in which they need each other.
func (c *Cluster) bringUp(ctx context.Context) error {
	p, certs := c.ports, c.certs
	etcd := c.addEtcd(Etcd, []*port{p.etcd}, []*port{p.etcdPeer}, certs.etcd, certs.etcdServer, certs.etcdClient)[0]
	apiserver := c.addKubeAPIServer()
	controllers := c.addKubeControllerManager()
	if err := c.launch(ctx, etcd); err != nil {
		return err
	}
	if err := c.launch(ctx, apiserver); err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return c.launch(ctx, controllers) })
	if c.options.Pods {
		group.Go(func() error { return c.startNode(ctx) })
		if c.options.ExternalEtcd {
			for _, member := range c.addTenancyEtcd() {
				group.Go(func() error { return c.launch(ctx, member) })
			}
		}
	}
	if !c.options.WithoutTenancy {
		etcd, servers, controllers := c.addTenancy()
		group.Go(func() error { return c.bringUpTenancy(ctx, etcd, servers, controllers) })
	}
	return group.Wait()
}

// add makes a component known. It is not safe for concurrent use.
func (c *Cluster) add(name, program string, args []string, healthy healthCheck) *Component {
	component := &Component{
		name: name, program: program, args: append(args, c.options.ExtraArgs[name]...),
		binDir: c.options.BinDir, logFile: filepath.Join(c.logDir(), name+".log"),
		healthy: healthy, launcher: c.launcher, failed: c.fail,
	}
	c.components = append(c.components, component)
	return component
}

// launch starts a component, waits until it is ready, and says so.
func (c *Cluster) launch(ctx context.Context, component *Component) error {
	began := time.Now()
	if err := rotate(component.logFile); err != nil {
		return err
	}
	if err := component.start(); err != nil {
		return err
	}
	if err := component.WaitReady(ctx); err != nil {
		return err
	}
	c.report(component.name, began)
	return nil
}

// report tells how long something took.
func (c *Cluster) report(what string, began time.Time) {
	c.progress.Lock()
	defer c.progress.Unlock()
	_, _ = fmt.Fprintf(c.options.Stdout, "%-40s %5.1fs\n", what, time.Since(began).Seconds())
}

// fail notes that a process ended unasked. The first one is the cause.
func (c *Cluster) fail(err error) {
	select {
	case c.failures <- err:
	default:
	}
	c.abort(err)
}

// Failed returns a channel that receives an error when a process ends without
// having been asked to: which one it was, how it ended, and the end of its log.
// The rest keeps running until Stop.
func (c *Cluster) Failed() <-chan error { return c.failures }

// Component returns the process of that name (see the constants), or nil if the
// cluster has none.
func (c *Cluster) Component(name string) *Component {
	for _, component := range c.components {
		if component.name == name {
			return component
		}
	}
	return nil
}

// LogTail returns the last n lines that the component has logged.
func (c *Cluster) LogTail(component string, n int) string {
	return tail(filepath.Join(c.logDir(), component+".log"), n)
}

// Dir returns the absolute path of the directory that holds the cluster's state.
func (c *Cluster) Dir() string { return c.options.Dir }

func (c *Cluster) logDir() string { return filepath.Join(c.options.Dir, "logs") }

// Stop ends every process, those that need others first, and returns when all
// are gone. The error names those that had to be killed. It may be called twice.
func (c *Cluster) Stop() error { return c.stop() }

func (c *Cluster) tearDown() error {
	var errs []error
	if c.node != nil {
		errs = append(errs, c.node.Stop())
	}
	if c.podLog != nil {
		errs = append(errs, c.podLog.Close())
	}
	if c.launcher != nil {
		for i := len(c.components) - 1; i >= 0; i-- {
			errs = append(errs, c.components[i].Stop())
		}
		c.launcher.close()
	}
	if c.issuer != nil {
		errs = append(errs, c.issuer.close())
	}
	if c.ports != nil {
		c.ports.release()
	}
	if c.lock != nil {
		errs = append(errs, c.lock.Close())
	}
	return errors.Join(errs...)
}
