// SPDX-License-Identifier: Apache-2.0

package certificates

import (
	"bytes"
	"context"
	"crypto/tls"
	"sync/atomic"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apiserver/pkg/server/dynamiccertificates"
	coreinformers "k8s.io/client-go/informers/core/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
)

// Content is what the controller manager itself serves with: the last good certificate of tenancy-apiserver's Secret, which is
// for its name as well, and until there is one what it was given.
type Content struct {
	informer  cache.SharedIndexInformer
	current   atomic.Pointer[tlsFiles]
	listeners []dynamiccertificates.Listener
}

type tlsFiles struct{ cert, key []byte }

var (
	_ dynamiccertificates.CertKeyContentProvider = &Content{}
	_ dynamiccertificates.ControllerRunner       = &Content{}
)

// NewContent returns the content. It follows the Secret while it runs, which whoever serves with it sees to.
func NewContent(host kubernetes.Interface, policy Policy, until dynamiccertificates.CertKeyContentProvider) (*Content, error) {
	c := &Content{informer: coreinformers.NewFilteredSecretInformer(host, policy.Namespace, 0, nil, func(options *metav1.ListOptions) {
		options.FieldSelector = fields.OneTermEqualSelector(metav1.ObjectNameField, ServingSecret(policy.Service)).String()
	})}
	cert, key := until.CurrentCertKeyContent()
	c.current.Store(&tlsFiles{cert, key})
	_, err := c.informer.AddEventHandler(cache.ResourceEventHandlerFuncs{AddFunc: c.take, UpdateFunc: func(_, secret any) { c.take(secret) }})
	return c, err
}

// take has what the Secret holds served, if that is possible.
func (c *Content) take(object any) {
	secret, ok := object.(*corev1.Secret)
	if !ok {
		return
	}
	files := &tlsFiles{secret.Data[corev1.TLSCertKey], secret.Data[corev1.TLSPrivateKeyKey]}
	if _, err := tls.X509KeyPair(files.cert, files.key); err != nil {
		return // The controller repairs it, and says so.
	}
	if before := c.current.Swap(files); bytes.Equal(before.cert, files.cert) {
		return
	}
	for _, listener := range c.listeners {
		listener.Enqueue()
	}
}

// Name implements dynamiccertificates.CertKeyContentProvider.
func (c *Content) Name() string { return "serving-certificate-secret" }

// CurrentCertKeyContent implements dynamiccertificates.CertKeyContentProvider.
func (c *Content) CurrentCertKeyContent() (cert, key []byte) {
	files := c.current.Load()
	return files.cert, files.key
}

// AddListener implements dynamiccertificates.Notifier. It must not be called after Run.
func (c *Content) AddListener(listener dynamiccertificates.Listener) {
	c.listeners = append(c.listeners, listener)
}

// RunOnce implements dynamiccertificates.ControllerRunner. What it was given will do for the first moment.
func (c *Content) RunOnce(context.Context) error { return nil }

// Run implements dynamiccertificates.ControllerRunner.
func (c *Content) Run(ctx context.Context, _ int) { c.informer.RunWithContext(ctx) }
