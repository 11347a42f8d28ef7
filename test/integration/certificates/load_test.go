// SPDX-License-Identifier: Apache-2.0

package certificates

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	certutil "k8s.io/client-go/util/cert"

	"spectrocloud.com/tenancy/test/integration/framework"
)

// load is requests that come in all the time. Those through kube-apiserver use its connections; those to tenancy-apiserver
// itself make a new one each, as kube-apiserver does when it has to, and verify what is served by the caBundle of an
// APIService, as it is now or as it was before settle.
type load struct {
	through, direct, late atomic.Int64

	mutex   sync.Mutex
	failed  int
	failure error

	stop    context.CancelFunc
	running sync.WaitGroup
}

// late is how far behind some clients are. It is less than a tenth of the lifetime, which is how far they may be.
const late = lifetime / 10 * 3 / 4

func startLoad(t *testing.T) *load {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	l := &load{stop: stop}
	l.each(ctx, &l.through, 5*time.Millisecond, func(ctx context.Context) error {
		_, err := cluster.Admin.Tenants().List(ctx, metav1.ListOptions{})
		return err
	})
	l.each(ctx, &l.through, 5*time.Millisecond, func(ctx context.Context) error {
		return cluster.Admin.REST().Get().AbsPath("/apis/spectrocloud.com/v1beta1").Do(ctx).Error()
	})
	l.each(ctx, &l.direct, 10*time.Millisecond, func(ctx context.Context) error {
		bundle, err := bundle(ctx, apiServiceNames[0])
		if err != nil {
			return err
		}
		return ask(ctx, bundle)
	})
	l.each(ctx, &l.late, 50*time.Millisecond, func(ctx context.Context) error {
		bundle, err := bundle(ctx, apiServiceNames[1])
		if err != nil {
			return err
		}
		for until := time.Now().Add(late); time.Now().Before(until) && ctx.Err() == nil; {
			if err := ask(ctx, bundle); err != nil {
				return fmt.Errorf("with a caBundle of %s ago: %w", late-time.Until(until), err)
			}
			l.late.Add(1)
		}
		return nil
	})
	t.Cleanup(func() { stop(); l.running.Wait() })
	return l
}

// each makes a request after the other until ctx is done.
func (l *load) each(ctx context.Context, count *atomic.Int64, pause time.Duration, request func(context.Context) error) {
	l.running.Go(func() {
		for ctx.Err() == nil {
			err := request(ctx)
			if ctx.Err() != nil {
				return
			}
			count.Add(1)
			if err != nil {
				l.mutex.Lock()
				if l.failed++; l.failure == nil {
					l.failure = err
				}
				l.mutex.Unlock()
			}
			select {
			case <-ctx.Done():
			case <-time.After(pause):
			}
		}
	})
}

// end waits until there were some of each kind of request, stops them, and checks that none failed.
func (l *load) end(t *testing.T) {
	t.Helper()
	framework.Eventually(t, "requests to be made", func(context.Context) error {
		for _, count := range []*atomic.Int64{&l.through, &l.direct, &l.late} {
			if count.Load() < 20 {
				return errors.New("there were few")
			}
		}
		return nil
	})
	l.stop()
	l.running.Wait()
	t.Logf("requests: %d through kube-apiserver, %d with a new connection, %d more with a caBundle of up to %s ago; failures: %d",
		l.through.Load(), l.direct.Load(), l.late.Load(), late, l.failed)
	require.NoError(t, l.failure)
}

// bundle returns the caBundle that kube-apiserver is to verify by.
func bundle(ctx context.Context, name string) ([]byte, error) {
	object, err := cluster.Admin.Dynamic.Resource(apiServices).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	text, _, err := unstructured.NestedString(object.Object, "spec", "caBundle")
	if err != nil {
		return nil, err
	}
	return base64.StdEncoding.DecodeString(text)
}

// ask makes a request to tenancy-apiserver on a connection of its own.
func ask(ctx context.Context, bundle []byte) error {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(bundle)
	transport := &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{
		RootCAs: roots, ServerName: service + "." + namespace + ".svc", MinVersion: tls.VersionTLS12,
	}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("https://127.0.0.1:%d/livez", serverPort), nil)
	if err != nil {
		return err
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", response.Status, body)
	}
	return err
}

// accepts is an error unless the Secret's certificate and key belong together and the caBundle vouches for them.
func accepts(bundle []byte, secret *corev1.Secret) error {
	pair, err := tls.X509KeyPair(secret.Data["tls.crt"], secret.Data["tls.key"])
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(bundle)
	_, err = pair.Leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: service + "." + namespace + ".svc"})
	return err
}

// foreignCA returns a CA that nobody here has to do with.
func foreignCA(t *testing.T) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	cert, err := certutil.NewSelfSignedCACert(certutil.Config{CommonName: "foreign"}, key)
	require.NoError(t, err)
	encoded, err := certutil.EncodeCertificates(cert)
	require.NoError(t, err)
	return encoded
}
