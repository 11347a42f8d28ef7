// SPDX-License-Identifier: Apache-2.0

package localcluster

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"spectrocloud.com/tenancy/pkg/localcluster/pods"
)

// podControllers are the controllers that make Pods, what leads to them and what becomes of them.
var podControllers = []string{
	"deployment-controller",
	"disruption-controller",
	"endpointslice-controller",
	"persistentvolumeclaim-protection-controller",
	"replicaset-controller",
	"statefulset-controller",
}

// podFlags tell our programs what they find out by themselves where a Pod has a network and files of its own.
var podFlags = map[string][]string{
	TenancyAPIServer: {
		"--bind-address=$(POD_IP)", "--kubeconfig=$(KUBECONFIG)",
		"--authentication-kubeconfig=$(KUBECONFIG)", "--authorization-kubeconfig=$(KUBECONFIG)",
	},
	TenancyControllerManager: {
		"--bind-address=$(POD_IP)", "--kubeconfig=$(KUBECONFIG)",
		"--authentication-kubeconfig=$(KUBECONFIG)", "--authorization-kubeconfig=$(KUBECONFIG)",
	},
}

// prepareNode makes the node that will run Pods, and the file that tells kube-apiserver how to reach them.
func (c *Cluster) prepareNode() (err error) {
	if c.podLog, err = os.OpenFile(filepath.Join(c.logDir(), "pods.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600); err != nil {
		return err
	}
	c.node, err = pods.New(pods.Config{
		Cluster: c.Config(),
		Dir:     c.options.Dir,
		LogDir:  filepath.Join(c.logDir(), "pods"),
		Program: func(name string) (string, error) { return Program(c.options.BinDir, name) },
		Flags:   podFlags,
		Launch:  func(cmd *exec.Cmd) error { return c.launcher.start(cmd, true) },
		Ended:   func(cmd *exec.Cmd) { c.launcher.ended(cmd) },
		Kill:    c.options.Ephemeral,
		Logger:  slog.New(slog.NewTextHandler(c.podLog, nil)),
	})
	if err != nil {
		return fmt.Errorf("preparing to run Pods: %w", err)
	}
	return writeFile(c.egressPath(), c.node.EgressConfig())
}

func (c *Cluster) egressPath() string { return filepath.Join(c.options.Dir, "pki", "egress.yaml") }

// startNode has Pods run from now on.
func (c *Cluster) startNode(ctx context.Context) error {
	began := time.Now()
	if err := c.node.Start(ctx); err != nil {
		return fmt.Errorf("running Pods: %w", err)
	}
	c.report("Pods, as processes", began)
	return nil
}
