// SPDX-License-Identifier: Apache-2.0

package certificates

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"spectrocloud.com/tenancy/test/integration/framework"
)

const annotationPublished = "spectrocloud.com/next-ca-published"

func secret(ctx context.Context, name string) (*corev1.Secret, error) {
	return cluster.Admin.Host.CoreV1().Secrets(namespace).Get(ctx, name, metav1.GetOptions{})
}

// certificate returns the first one under a key of a Secret; nil while there is none.
func certificate(ctx context.Context, name, key string) *x509.Certificate {
	found, err := secret(ctx, name)
	if err != nil {
		return nil
	}
	block, _ := pem.Decode(found.Data[key])
	if block == nil {
		return nil
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil
	}
	return cert
}

// another waits until there is another certificate than this one under the key.
func another(t *testing.T, name, key string, than *x509.Certificate) *x509.Certificate {
	t.Helper()
	var found *x509.Certificate
	framework.EventuallyWithin(t, 2*lifetime, key+" of "+name+" to be another", func(ctx context.Context) error {
		if found = certificate(ctx, name, key); found == nil || than != nil && found.Equal(than) {
			return errors.New("it is the same")
		}
		return nil
	})
	return found
}

func remove(t *testing.T, name string) {
	t.Helper()
	require.NoError(t, cluster.Admin.Host.CoreV1().Secrets(namespace).Delete(t.Context(), name, metav1.DeleteOptions{}))
}

// served waits until tenancy-apiserver serves with the certificate, and the controller managers do.
func served(t *testing.T, wanted *x509.Certificate) {
	t.Helper()
	servedAt(t, serverPort, wanted)
	for _, m := range managers {
		servedAt(t, ports[m], wanted)
	}
}

func servedAt(t *testing.T, port int, wanted *x509.Certificate) {
	t.Helper()
	framework.Eventually(t, "the certificate to be served with", func(ctx context.Context) error {
		connection, err := (&tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}}).DialContext(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			return err
		}
		defer connection.Close()
		if have := connection.(*tls.Conn).ConnectionState().PeerCertificates[0]; !have.Equal(wanted) {
			return fmt.Errorf("it is one until %s still", have.NotAfter)
		}
		return nil
	})
}

// TestRotationsGoUnnoticed has certificates and CAs replaced, because people delete their Secrets, or in the long form
// because they come due.
func TestRotationsGoUnnoticed(t *testing.T) {
	install(t)
	requests := startLoad(t)
	certificates, authorities := 5, 3
	forced := os.Getenv("TENANCY_SOAK") == ""
	if !forced {
		certificates, authorities = 15, 10 // Eight minutes.
	}
	ca := certificate(t.Context(), authoritySecret, "current.crt")
	for range authorities {
		if forced {
			remove(t, authoritySecret)
			another(t, authoritySecret, "next.crt", nil)
		}
		ca = nextAuthority(t, ca)
	}
	serving := certificate(t.Context(), servingSecret, "tls.crt")
	for done := authorities; done < certificates; done++ {
		if forced {
			remove(t, servingSecret)
		}
		serving = another(t, servingSecret, "tls.crt", serving)
		served(t, serving)
	}
	requests.end(t)
	for _, name := range apiServiceNames {
		requireOurs(t, name)
	}
}

// nextAuthority waits until another CA has signed what is served with.
func nextAuthority(t *testing.T, before *x509.Certificate) *x509.Certificate {
	t.Helper()
	var ca, serving *x509.Certificate
	framework.EventuallyWithin(t, 2*caLifetime, "the next CA to sign", func(ctx context.Context) error {
		ca, serving = certificate(ctx, authoritySecret, "current.crt"), certificate(ctx, servingSecret, "tls.crt")
		if ca == nil || serving == nil || ca.Equal(before) {
			return errors.New("there is none")
		}
		return serving.CheckSignatureFrom(ca)
	})
	served(t, serving)
	return ca
}

// TestALeaderKilledInTheMiddleOfARotationIsSucceeded kills it when the next CA is published and does not sign yet.
func TestALeaderKilledInTheMiddleOfARotationIsSucceeded(t *testing.T) {
	install(t)
	fresh := certificate(t.Context(), servingSecret, "tls.crt")
	remove(t, servingSecret) // What is served with is to outlast the wait for another leader.
	served(t, another(t, servingSecret, "tls.crt", fresh))
	requests := startLoad(t)
	before := certificate(t.Context(), authoritySecret, "current.crt")
	require.NotNil(t, before)
	remove(t, authoritySecret)
	framework.Eventually(t, "the next CA to be published", func(ctx context.Context) error {
		found, err := secret(ctx, authoritySecret)
		if err == nil && found.Annotations[annotationPublished] == "" {
			err = errors.New("it is not")
		}
		return err
	})
	killed := leader(t)
	killed.kill()
	next := certificate(t.Context(), authoritySecret, "next.crt")
	require.NotNil(t, next, "it was not killed in the middle")
	killed.start(t)
	assert.Equal(t, next, nextAuthority(t, before), "the one that was begun with")
	framework.EventuallyWithin(t, lifetime, "the CA from before to be trusted no more", func(ctx context.Context) error {
		found, err := secret(ctx, authoritySecret)
		if err == nil && len(found.Data["previous.crt"]) > 0 {
			err = errors.New("it is")
		}
		return err
	})
	requests.end(t)
}

// healthy is used by tests that break things, to begin from what is whole.
func healthy(ctx context.Context) error {
	published, err := bundle(ctx, apiServiceNames[0])
	if err != nil {
		return err
	}
	other, err := bundle(ctx, apiServiceNames[1])
	if err != nil {
		return err
	}
	if string(published) != string(other) {
		return errors.New("the caBundles differ")
	}
	return errors.Join(ask(ctx, published), available(ctx))
}
