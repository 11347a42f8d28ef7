// SPDX-License-Identifier: Apache-2.0

package observability

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"spectrocloud.com/tenancy/pkg/access"
	"spectrocloud.com/tenancy/pkg/localcluster"
	"spectrocloud.com/tenancy/test/integration/framework"
)

// TestWhatAProjectsMembersMakeIsNoWorkForTheControllers: kube-apiserver counts it in the status of a quota that is watched.
func TestWhatAProjectsMembersMakeIsNoWorkForTheControllers(t *testing.T) {
	p := newPlace(t, `{}`)
	cluster.ProjectReady(t, p.project)
	before, err := added(t.Context())
	require.NoError(t, err)
	const many = 30
	host := cluster.Admin.Host.CoreV1()
	pace := time.NewTicker(60 * time.Millisecond) // What comes closer together is one sync anyway.
	defer pace.Stop()
	for i := range many {
		<-pace.C
		_, err := host.ConfigMaps(p.project).Create(t.Context(), &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("theirs-%d", i)}}, metav1.CreateOptions{})
		require.NoError(t, err)
	}
	// An event that comes after all of theirs: its sync is theirs, too, if they have one.
	require.NoError(t, host.ResourceQuotas(p.project).Delete(t.Context(), access.ResourceQuotaName, metav1.DeleteOptions{}))
	framework.Eventually(t, "the quota to be put back, and to count", func(ctx context.Context) error {
		quota, err := host.ResourceQuotas(p.project).Get(ctx, access.ResourceQuotaName, metav1.GetOptions{})
		if used := quota.Status.Used[corev1.ResourceConfigMaps]; err == nil && used.Value() < many {
			err = fmt.Errorf("it counts %s", used.String())
		}
		return err
	})
	after, err := added(t.Context())
	require.NoError(t, err)
	assert.Less(t, after-before, float64(many/2))
}

var addsOfProjects = regexp.MustCompile(`(?m)^workqueue_adds_total\{name="project"\} (\S+)$`)

// added is how many Projects have been queued.
func added(ctx context.Context) (float64, error) {
	text, err := read(ctx, localcluster.TenancyControllerManager)
	if err != nil {
		return 0, err
	}
	found := addsOfProjects.FindSubmatch(text)
	if found == nil {
		return 0, errors.New("the metric is not there")
	}
	return strconv.ParseFloat(string(found[1]), 64)
}
