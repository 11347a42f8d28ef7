// SPDX-License-Identifier: Apache-2.0

package crash

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"spectrocloud.com/tenancy/pkg/localcluster"
	"spectrocloud.com/tenancy/test/integration/framework"
)

// TestNothingAcknowledgedIsLost ends both programs in the middle of a burst, and checks what is there before, after and
// once all has been deleted.
func TestNothingAcknowledgedIsLost(t *testing.T) {
	kill := (*localcluster.Component).Kill
	stop := (*localcluster.Component).Stop
	for name, test := range map[string]struct {
		external bool
		end      func(*localcluster.Component) error
	}{
		"killed, with an embedded etcd":  {false, kill},
		"killed, with an external etcd":  {true, kill},
		"stopped, with an embedded etcd": {false, stop},
	} {
		t.Run(name, func(t *testing.T) {
			cluster := framework.Disposable(t, localcluster.Options{ExternalEtcd: test.external})
			burst := run(t, cluster, test.end)
			burst.requireKept(t)
			assert.NotEmpty(t, burst.unknown, "no end came in the middle of a request")
			requireConsistent(t, cluster, test.external)

			began := time.Now()
			requireConverged(t, cluster, burst.tenant)
			t.Logf("converged %.1fs later", time.Since(began).Seconds())

			began = time.Now()
			requireNothingLeft(t, cluster, burst.tenant)
			t.Logf("all deleted in %.1fs", time.Since(began).Seconds())
			assert.Zero(t, requireConsistent(t, cluster, test.external), "keys left in etcd")
			assert.Empty(t, cluster.Failed(), "a process died of itself")
		})
	}
}
