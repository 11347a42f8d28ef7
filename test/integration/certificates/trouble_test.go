// SPDX-License-Identifier: Apache-2.0

package certificates

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"spectrocloud.com/tenancy/test/integration/framework"
)

// TestWhatCantBeRepairedIsCounted makes the Secret to serve with immutable, and wrong. An alert goes by the count.
func TestWhatCantBeRepairedIsCounted(t *testing.T) {
	install(t)
	tell(t)
	framework.Eventually(t, "all to be whole", healthy)
	m := leader(t)
	before, err := retries(t, m)(t.Context())
	require.NoError(t, err)
	framework.Eventually(t, "the Secret to be broken for good", func(ctx context.Context) error {
		found, err := secret(ctx, servingSecret)
		if err != nil {
			return err
		}
		found.Immutable, found.Data["tls.crt"] = ptr.To(true), []byte("garbage")
		_, err = cluster.Admin.Host.CoreV1().Secrets(namespace).Update(ctx, found, metav1.UpdateOptions{})
		return err
	})
	framework.EventuallyWithin(t, 10*time.Second, "retries to be counted", func(ctx context.Context) error {
		now, err := retries(t, m)(ctx)
		if err == nil && now < before+3 {
			err = fmt.Errorf("there have been %v", now-before)
		}
		return err
	})
	assert.Contains(t, m.output(), "Sync failed and is retried")
	remove(t, servingSecret)
	framework.Eventually(t, "all to be whole", healthy)
}

// retries asks how often a controller manager has retried.
func retries(t *testing.T, m *program) func(context.Context) (float64, error) {
	client := manager(t, m)
	return func(ctx context.Context) (float64, error) {
		metrics, err := client.Get().AbsPath("/metrics").DoRaw(ctx)
		if err != nil {
			return 0, err
		}
		_, line, counted := strings.Cut(string(metrics), `tenancy_controller_sync_errors_total{name="certificates"} `)
		if !counted {
			return 0, nil
		}
		return strconv.ParseFloat(strings.SplitN(line, "\n", 2)[0], 64)
	}
}

// TestSomebodyWhoUndoesEverythingDoesNotSetThePace empties a caBundle whenever it is ours.
func TestSomebodyWhoUndoesEverythingDoesNotSetThePace(t *testing.T) {
	install(t)
	tell(t)
	framework.Eventually(t, "all to be whole", healthy)
	m := leader(t)
	published := func() int { return strings.Count(m.output(), "Published") }
	before, fought := published(), 0
	const fight = 5 * time.Second
	for end := time.Now().Add(fight); time.Now().Before(end); {
		ours, err := bundle(t.Context(), apiServiceNames[0])
		require.NoError(t, err)
		if len(ours) == 0 {
			continue
		}
		_, err = cluster.Admin.Dynamic.Resource(apiServices).Patch(t.Context(), apiServiceNames[0], types.MergePatchType,
			[]byte(`{"spec": {"caBundle": ""}}`), metav1.PatchOptions{FieldManager: "someone"})
		require.NoError(t, err)
		fought++
	}
	undone := published() - before
	t.Logf("undone %d times, published %d times", fought, undone)
	assert.Greater(t, fought, 3)
	// Ten in a row, one a second, and those of a rotation, of which there may be one.
	assert.Less(t, undone, 10+int(fight/time.Second)+8)
	assert.Contains(t, m.output(), "had to be written again")
	framework.Eventually(t, "all to be whole", healthy)
}
