// SPDX-License-Identifier: Apache-2.0

package observability

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"spectrocloud.com/tenancy/generated/clientset/versioned"
	"spectrocloud.com/tenancy/generated/clientset/versioned/typed/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/pkg/localcluster"
	"spectrocloud.com/tenancy/test/integration/framework"
)

var (
	cluster *framework.Cluster
	spans   *receiver
	tenancy v1alpha1.SpectrocloudV1alpha1Interface
)

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "tenancy-tracing-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	defer os.RemoveAll(dir) // Not reached: Main exits. What is left is a file of three lines.
	config := filepath.Join(dir, "tracing.yaml")
	if spans, err = receive(config); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	asJSON := "--logging-format=json"
	framework.Main(m, localcluster.Options{ExtraArgs: map[string][]string{
		localcluster.KubeAPIServer:            {"--tracing-config-file=" + config},
		localcluster.TenancyAPIServer:         {"--tracing-config-file=" + config, asJSON},
		localcluster.TenancyControllerManager: {asJSON},
	}}, func(c *framework.Cluster) {
		cluster, tenancy = c, versioned.NewForConfigOrDie(c.Config()).SpectrocloudV1alpha1()
	})
}
