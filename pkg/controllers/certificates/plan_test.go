// SPDX-License-Identifier: Apache-2.0

package certificates

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	corev1 "k8s.io/api/core/v1"
)

func TestFromNothingThereIsACertificateThatKubeAPIServerAccepts(t *testing.T) {
	w := newWorld(t, daily)
	assert.Equal(t, []string{reasonCACreated, reasonIssued}, w.rest())
	w.forgive()
	w.requireRight()
	a, s := w.read()
	assert.Equal(t, []string{"tenancy-apiserver.palette-system.svc", "tenancy-apiserver.palette-system",
		"tenancy-apiserver.palette-system.svc.cluster.local"}, s.cert.DNSNames)
	assert.Equal(t, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, s.cert.ExtKeyUsage)
	assert.False(t, s.cert.IsCA)
	key, ok := s.key.(*ecdsa.PrivateKey)
	require.True(t, ok)
	assert.Equal(t, elliptic.P256(), key.Curve)
	assert.Equal(t, start.Add(24*time.Hour), s.cert.NotAfter)
	assert.Equal(t, start.Add(5*24*time.Hour), a.current.cert.NotAfter)
	assert.Empty(t, w.rest(), "and it is left alone")
}

func TestACertificateIsReplacedAfterTwoThirdsOfItsLife(t *testing.T) {
	w := newWorld(t, daily)
	w.rest()
	w.forgive()
	assert.Empty(t, w.pass(16*time.Hour-time.Second))
	assert.Equal(t, []string{reasonIssued}, w.pass(time.Second))
	w.requireRight()
}

func TestACAIsReplacedInStepsThatEverybodyCanFollow(t *testing.T) {
	w := newWorld(t, daily)
	w.rest()
	w.forgive()
	w.pass(80*time.Hour - time.Minute)
	old, _ := w.read()
	w.pass(time.Minute)
	a, s := w.read()
	require.NotNil(t, a.next)
	assert.Equal(t, old.current.cert, a.current.cert)
	assert.True(t, a.signed(s.cert), "the old CA signs until the new one is known")
	for _, bundle := range w.bundles {
		assert.Len(t, readBundle(bundle), 2)
	}
	assert.Equal(t, w.now, a.published)

	assert.Empty(t, w.pass(10*time.Minute-time.Second))
	assert.Equal(t, []string{reasonCAInUse, reasonIssued}, w.pass(time.Second))
	a, s = w.read()
	assert.True(t, a.signed(s.cert))
	assert.Equal(t, []*x509.Certificate{old.current.cert}, a.previous, "what it signed is served with still")
	assert.NotContains(t, w.authorities, nextKey)

	assert.Empty(t, w.pass(4*time.Hour))
	assert.Equal(t, []string{reasonCARetired}, w.pass(2*time.Second))
	w.requireRight()
}

func TestTheWaitBeginsAnewWhereTheNextCAWasNotPublished(t *testing.T) {
	w := newWorld(t, daily)
	w.authorities, w.serving = nil, nil
	w.rest()
	w.authorities = nil
	w.rest()
	w.now = w.now.Add(9 * time.Minute)
	w.publish(0, nil)
	assert.Equal(t, []string{reasonCAPublished}, w.rest())
	assert.Empty(t, w.copy().lookFor(10*time.Minute-time.Second))
	assert.Equal(t, []string{reasonCAInUse, reasonIssued}, w.copy().lookFor(10*time.Minute))

	w.published = w.now.Add(1000 * time.Hour) // Somebody's edit.
	assert.Equal(t, []string{reasonCAPublished}, w.rest())
	assert.Equal(t, []string{reasonCAInUse, reasonIssued}, w.lookFor(10*time.Minute))
}

func TestTwoWeeksOfDailyCertificatesHaveNoGap(t *testing.T) {
	w := newWorld(t, daily)
	w.rest()
	w.forgive()
	count := map[string]int{}
	for _, reason := range w.pass(14 * 24 * time.Hour) {
		count[reason]++
	}
	t.Log(count)
	assert.Equal(t, map[string]int{reasonIssued: 24, reasonCARotation: 4, reasonCAPublished: 4, reasonCAInUse: 4, reasonCARetired: 4}, count)
}

// TestNoCrashAndNoLostSecretMakesAGap lets the controller end after any write and be away for a while, and people delete or
// break the Secret of CAs, delete the other one, and take their time.
func TestNoCrashAndNoLostSecretMakesAGap(t *testing.T) {
	for seed := range uint64(5) {
		w := newWorld(t, daily)
		w.rest()
		w.forgive()
		random := rand.New(rand.NewPCG(seed, 0))
		for range 200 {
			w.look(random.IntN(4))
			w.requireService()
			// With both Secrets lost at a time nobody could wait until the new CA is known.
			intact := w.intact()
			switch lost := random.IntN(20); {
			case lost == 0 && w.serving != nil:
				w.authorities = nil
			case lost == 1 && w.serving != nil:
				w.authorities = map[string][]byte{}
			case lost == 2 && w.serving != nil && intact:
				for _, key := range []string{currentCert, currentKey, nextCert, nextKey, previousCert} {
					if random.IntN(3) == 0 {
						w.authorities[key] = []byte("broken")
					}
				}
			case lost == 3 && intact:
				w.serving = nil
			case lost == 4:
				w.published = time.Time{}
			case lost < 10:
				w.now = w.now.Add(time.Duration(random.Int64N(int64(2 * time.Hour))))
			default:
				w.now = w.now.Add(time.Duration(random.Int64N(int64(5 * time.Minute))))
			}
			w.requireService()
		}
		w.pass(24 * time.Hour)
	}
}

// TestACrashAfterAnyWriteOfARotationIsMadeUpFor ends the controller after each number of writes, once.
func TestACrashAfterAnyWriteOfARotationIsMadeUpFor(t *testing.T) {
	w := newWorld(t, daily)
	w.rest()
	w.forgive()
	w.pass(80*time.Hour - time.Second)
	w.now = w.now.Add(time.Second)
	for writes := range 14 {
		crashed := w.copy()
		crashed.t = t
		for left := writes; left > 0; {
			done := crashed.look(left)
			left -= done
			if done == 0 {
				crashed.now = crashed.now.Add(time.Minute)
			}
			crashed.requireService()
		}
		crashed.now = crashed.now.Add(2 * time.Hour)
		crashed.pass(6 * time.Hour)
		crashed.requireRight()
	}
}

func TestWithoutAnAPIServiceThereIsNobodyToWaitFor(t *testing.T) {
	w := newWorld(t, daily)
	w.bundles, w.known = nil, nil
	assert.Equal(t, []string{reasonCACreated, reasonIssued}, w.rest())
	w.authorities = nil
	assert.Equal(t, []string{reasonCARepaired, reasonRepaired}, w.rest())
	assert.Empty(t, w.rest())
}

func TestSecretsAreWrittenAgainOnlyForAReason(t *testing.T) {
	w := newWorld(t, daily)
	w.rest()
	for range 100 {
		w.now = w.now.Add(time.Minute)
		next, err := w.plan(w.found, w.now)
		require.NoError(t, err)
		assert.Nil(t, next.authorities)
		assert.Nil(t, next.serving)
		assert.Equal(t, string(w.bundles[0]), string(next.bundle))
	}
	assert.Equal(t, w.serving[corev1.ServiceAccountRootCAKey], w.bundles[0])
}
