// SPDX-License-Identifier: Apache-2.0

package certificates

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"

	"spectrocloud.com/tenancy/pkg/controllers/certificates"
	"spectrocloud.com/tenancy/test/integration/framework"
)

var codecs = scheme.Codecs.WithoutConversion()

// fieldManager is whose the caBundle is, and nothing else of an APIService.
const fieldManager = "tenancy-controller-manager-certificates"

func update(t *testing.T, name string, change func(data map[string][]byte)) {
	t.Helper()
	framework.Eventually(t, "Secret "+name+" to be broken", func(ctx context.Context) error {
		found, err := secret(ctx, name)
		if err != nil {
			return err
		}
		change(found.Data)
		_, err = cluster.Admin.Host.CoreV1().Secrets(namespace).Update(ctx, found, metav1.UpdateOptions{})
		return err
	})
}

func TestWhatIsLostOrBrokenIsRepairedUnnoticed(t *testing.T) {
	install(t)
	framework.Eventually(t, "all to be whole", healthy)
	requests := startLoad(t)
	for _, test := range []struct {
		name, secret, reason string
		damage               func()
	}{
		{"the serving Secret is deleted", servingSecret, "CertificateIssued", func() { remove(t, servingSecret) }},
		{"its certificate is garbage", servingSecret, "CertificateRepaired", func() {
			update(t, servingSecret, func(data map[string][]byte) { data["tls.crt"] = []byte("garbage") })
		}},
		{"its key is another's", servingSecret, "CertificateRepaired", func() {
			authority, err := secret(t.Context(), authoritySecret)
			require.NoError(t, err)
			update(t, servingSecret, func(data map[string][]byte) { data["tls.key"] = authority.Data["current.key"] })
		}},
		{"the Secret of CAs is deleted", authoritySecret, "CARepaired", func() { remove(t, authoritySecret) }},
		{"its key is garbage", authoritySecret, "CARepaired", func() {
			update(t, authoritySecret, func(data map[string][]byte) { data["current.key"], data["next.key"] = []byte("garbage"), nil })
		}},
	} {
		before := eventsOf(t, test.secret, test.reason)
		began := time.Now()
		test.damage()
		framework.EventuallyWithin(t, 10*time.Second, test.name+": to be repaired", func(ctx context.Context) error {
			if eventsOf(t, test.secret, test.reason) <= before {
				return errors.New("there is no event " + test.reason)
			}
			return usable(ctx)
		})
		t.Logf("%s: repaired after %s", test.name, time.Since(began).Round(time.Millisecond))
	}
	requests.end(t)
}

// usable is an error unless the Secret to serve with holds what clients accept.
func usable(ctx context.Context) error {
	found, err := secret(ctx, servingSecret)
	if err != nil {
		return err
	}
	published, err := bundle(ctx, apiServiceNames[0])
	if err != nil {
		return err
	}
	if !bytes.Equal(found.Data["ca.crt"], published) {
		return errors.New("ca.crt is not what is published")
	}
	return accepts(published, found)
}

// eventsOf counts events of that reason about a Secret, repeated ones as often as they were.
func eventsOf(t *testing.T, name, reason string) (count int32) {
	t.Helper()
	list, err := cluster.Admin.Host.EventsV1().Events(namespace).List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	for _, event := range list.Items {
		if event.Regarding.Kind == "Secret" && event.Regarding.Name == name && event.Reason == reason {
			count++
			if event.Series != nil {
				count += event.Series.Count
			}
		}
	}
	return count
}

func TestADriftingCABundleIsPutBackAtOnce(t *testing.T) {
	install(t)
	framework.Eventually(t, "all to be whole", healthy)
	for _, name := range apiServiceNames {
		for what, text := range map[string]string{"nothing": "", "another": base64.StdEncoding.EncodeToString(foreignCA(t))} {
			_, err := cluster.Admin.Dynamic.Resource(apiServices).Patch(t.Context(), name, types.MergePatchType,
				fmt.Appendf(nil, `{"spec": {"caBundle": %q}}`, text), metav1.PatchOptions{FieldManager: "someone"})
			require.NoError(t, err)
			began := time.Now()
			framework.EventuallyWithin(t, 5*time.Second, "the caBundle to be ours", func(ctx context.Context) error {
				published, err := bundle(ctx, name)
				if err != nil {
					return err
				}
				return ask(ctx, published)
			})
			t.Logf("%s had %s for %s", name, what, time.Since(began).Round(time.Millisecond))
			requireOurs(t, name)
		}
	}
}

// requireOurs checks that of an APIService the caBundle is the controller's, and nothing else.
func requireOurs(t *testing.T, name string) {
	t.Helper()
	object, err := cluster.Admin.Dynamic.Resource(apiServices).Get(t.Context(), name, metav1.GetOptions{})
	require.NoError(t, err)
	for _, entry := range object.GetManagedFields() {
		if entry.Manager == fieldManager {
			assert.Equal(t, metav1.ManagedFieldsOperationApply, entry.Operation)
			assert.JSONEq(t, `{"f:spec": {"f:caBundle": {}}}`, entry.FieldsV1.GetRawString())
			return
		}
	}
	assert.Fail(t, "the caBundle is not applied by "+fieldManager)
}

// TestAnAPIServiceThatIsSomebodyElsesIsLeftAlone runs a controller for another Service than the APIServices point to.
func TestAnAPIServiceThatIsSomebodyElsesIsLeftAlone(t *testing.T) {
	install(t)
	const other = "other-namespace"
	_, err := cluster.Admin.Host.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: other}}, metav1.CreateOptions{})
	require.NoError(t, err)
	changes, err := metadata.NewForConfig(cluster.Config())
	require.NoError(t, err)
	recorder := events.NewFakeRecorder(100)
	controller := certificates.New(certificates.Config{
		Policy: certificates.Policy{Service: service, Namespace: other, Lifetime: time.Hour, CALifetime: 24 * time.Hour},
		Host:   cluster.Admin.Host, Dynamic: cluster.Admin.Dynamic, Metadata: changes, Recorder: recorder, FieldManager: "intruder", Clock: clock.RealClock{},
	})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); controller.Run(ctx) }()
	framework.Eventually(t, "its own Secrets to be there", func(ctx context.Context) error {
		_, err := cluster.Admin.Host.CoreV1().Secrets(other).Get(ctx, servingSecret, metav1.GetOptions{})
		return err
	})
	// It looks again when something changes, here twice for each APIService.
	for _, name := range apiServiceNames {
		for _, value := range []string{`"x"`, "null"} {
			_, err := cluster.Admin.Dynamic.Resource(apiServices).Patch(t.Context(), name, types.MergePatchType,
				[]byte(`{"metadata": {"labels": {"test": `+value+`}}}`), metav1.PatchOptions{})
			require.NoError(t, err)
		}
	}
	var reported []string
	for len(reported) < len(apiServiceNames) {
		select {
		case event := <-recorder.Events:
			if bytes.Contains([]byte(event), []byte("APIServiceForeign")) {
				reported = append(reported, event)
			}
		case <-time.After(framework.Patience):
			require.FailNow(t, "it does not report")
		}
	}
	stop()
	<-ended
	assert.Contains(t, reported[0], "Warning APIServiceForeign It points to Service palette-system/tenancy-apiserver and not to Service other-namespace/tenancy-apiserver")
	for _, name := range apiServiceNames {
		object, err := cluster.Admin.Dynamic.Resource(apiServices).Get(t.Context(), name, metav1.GetOptions{})
		require.NoError(t, err)
		managers, err := json.Marshal(object.GetManagedFields())
		require.NoError(t, err)
		assert.NotContains(t, string(managers), "intruder")
	}
	require.NoError(t, available(t.Context()))
}
