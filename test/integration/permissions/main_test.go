// SPDX-License-Identifier: Apache-2.0

// Package permissions holds the generated roles to the matrix: it makes each of
// its requests on a running cluster, as the person that the cell is about, and
// compares the answers.
package permissions

import (
	"testing"

	"spectrocloud.com/tenancy/pkg/localcluster"
	"spectrocloud.com/tenancy/test/integration/framework"
)

var cluster *framework.Cluster

func TestMain(m *testing.M) {
	framework.Main(m, localcluster.Options{}, func(c *framework.Cluster) { cluster = c })
}
