// SPDX-License-Identifier: Apache-2.0

package api

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admission/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/listers"
	"k8s.io/client-go/tools/cache"
	certutil "k8s.io/client-go/util/cert"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/pkg/localcluster"
)

// webhook is how quota of a custom resource is usually enforced: a validating webhook that adds up what an informer's cache
// holds, and refuses what would go above the limit. It is right about the past: requests that are under way at the same time
// do not see each other.
type webhook struct {
	workloads listers.ResourceIndexer[*v1alpha1.AIWorkload]
	// limits of a namespace, per family. One that is not here has none.
	limits map[string]v1alpha1.GPUCounts
}

// startWebhook serves a webhook on loopback until the benchmark ends, and registers it for creates of the custom resource.
func startWebhook(b *testing.B, cluster *localcluster.Cluster, limits map[string]v1alpha1.GPUCounts) {
	b.Helper()
	informer := cache.NewSharedIndexInformer(cache.NewFilteredListWatchFromClient(
		newCustomRESTClient(b, cluster.Config()), workloads, metav1.NamespaceAll, func(*metav1.ListOptions) {}),
		&v1alpha1.AIWorkload{}, 0, cache.Indexers{cache.NamespaceIndex: cache.MetaNamespaceIndexFunc})
	go informer.RunWithContext(b.Context())
	require.True(b, cache.WaitForCacheSync(b.Context().Done(), informer.HasSynced))
	hook := &webhook{listers.New[*v1alpha1.AIWorkload](informer.GetIndexer(), customGroupVersion.WithResource(workloads).GroupResource()), limits}

	certificate, key, err := certutil.GenerateSelfSignedCertKey("127.0.0.1", []net.IP{net.IPv4(127, 0, 0, 1)}, nil)
	require.NoError(b, err)
	pair, err := tls.X509KeyPair(certificate, key)
	require.NoError(b, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(b, err)
	server := &http.Server{Handler: hook, TLSConfig: &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}, ReadHeaderTimeout: time.Minute}
	served := make(chan error, 1)
	go func() { served <- server.ServeTLS(listener, "", "") }()
	b.Cleanup(func() {
		require.NoError(b, server.Close())
		require.ErrorIs(b, <-served, http.ErrServerClosed)
	})
	register(b, cluster, "https://"+listener.Addr().String()+"/validate", certificate)
}

func register(b *testing.B, cluster *localcluster.Cluster, url string, authority []byte) {
	b.Helper()
	host, err := kubernetes.NewForConfig(cluster.Config())
	require.NoError(b, err)
	fail, none, exact := admissionregistrationv1.Fail, admissionregistrationv1.SideEffectClassNone, admissionregistrationv1.Exact
	_, err = host.AdmissionregistrationV1().ValidatingWebhookConfigurations().Create(b.Context(), &admissionregistrationv1.ValidatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: "gpu-quota"},
		Webhooks: []admissionregistrationv1.ValidatingWebhook{{
			Name:         "gpu-quota.bench.example.com",
			ClientConfig: admissionregistrationv1.WebhookClientConfig{URL: &url, CABundle: authority},
			Rules: []admissionregistrationv1.RuleWithOperations{{
				Operations: []admissionregistrationv1.OperationType{admissionregistrationv1.Create},
				Rule: admissionregistrationv1.Rule{
					APIGroups: []string{customGroupVersion.Group}, APIVersions: []string{customGroupVersion.Version}, Resources: []string{workloads},
				},
			}},
			FailurePolicy: &fail, SideEffects: &none, MatchPolicy: &exact, AdmissionReviewVersions: []string{"v1"},
		}},
	}, metav1.CreateOptions{})
	require.NoError(b, err)
}

// ServeHTTP answers an AdmissionReview.
func (h *webhook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var review admissionv1.AdmissionReview
	if err := json.NewDecoder(r.Body).Decode(&review); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	response := &admissionv1.AdmissionResponse{UID: review.Request.UID, Allowed: true}
	if err := h.validate(review.Request); err != nil {
		response.Allowed = false
		response.Result = &metav1.Status{Code: http.StatusForbidden, Reason: metav1.StatusReasonForbidden, Message: err.Error()}
	}
	review.Request, review.Response = nil, response
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(review); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

// validate refuses a workload that asks for more than is left.
func (h *webhook) validate(request *admissionv1.AdmissionRequest) error {
	var workload v1alpha1.AIWorkload
	if err := json.Unmarshal(request.Object.Raw, &workload); err != nil {
		return err
	}
	stored, err := listers.NewNamespaced(h.workloads, request.Namespace).List(labels.Everything())
	if err != nil {
		return err
	}
	used := map[string]int64{}
	for _, other := range stored {
		for family, count := range other.Spec.GPURequests {
			used[family] += int64(count)
		}
	}
	for family, count := range workload.Spec.GPURequests {
		if limit, limited := h.limits[request.Namespace][family]; limited && used[family]+int64(count) > int64(limit) {
			return fmt.Errorf("%s: %d of %d are in use, %d more are asked for", family, used[family], limit, count)
		}
	}
	return nil
}
