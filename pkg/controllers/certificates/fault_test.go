// SPDX-License-Identifier: Apache-2.0

package certificates

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	corev1 "k8s.io/api/core/v1"
)

// foreign returns a CA that is not ours, and what it signed for the names.
func foreign(t *testing.T, names ...string) (ca, leaf *pair) {
	t.Helper()
	ca, err := newAuthority(start.Add(-time.Hour), daily.CALifetime)
	require.NoError(t, err)
	leaf, err = newServing(names, start.Add(-time.Hour), daily.Lifetime, ca)
	require.NoError(t, err)
	return ca, leaf
}

func TestWhatIsLostOrWrongIsPutRight(t *testing.T) {
	otherCA, other := foreign(t, daily.names()...)
	for name, test := range map[string]struct {
		breaks func(w *world)
		events []string
		within time.Duration // Until all is right.
	}{
		"the certificate is lost":        {func(w *world) { w.serving = nil }, []string{reasonIssued}, 0},
		"its Secret is empty":            {func(w *world) { w.serving = map[string][]byte{} }, []string{reasonIssued}, 0},
		"its certificate is garbage":     {func(w *world) { w.serving[corev1.TLSCertKey] = []byte("garbage") }, []string{reasonRepaired}, 0},
		"its key is lost":                {func(w *world) { w.serving[corev1.TLSPrivateKeyKey] = nil }, []string{reasonRepaired}, 0},
		"its key is another's":           {func(w *world) { w.serving[corev1.TLSPrivateKeyKey] = other.keyPEM }, []string{reasonRepaired}, 0},
		"ca.crt is lost":                 {func(w *world) { delete(w.serving, corev1.ServiceAccountRootCAKey) }, nil, 0},
		"a caBundle is lost":             {func(w *world) { w.publish(1, nil) }, nil, 0},
		"a caBundle has somebody else's": {func(w *world) { w.publish(0, append(slices.Clone(w.bundles[0]), otherCA.certPEM...)) }, nil, 0},
		"it is somebody else's": {func(w *world) {
			w.serving[corev1.TLSCertKey], w.serving[corev1.TLSPrivateKeyKey] = other.certPEM, other.keyPEM
		}, []string{reasonRepaired}, 0},
		"the CAs are lost": {func(w *world) { w.authorities = nil },
			[]string{reasonCARepaired, reasonCAPublished, reasonCAInUse, reasonIssued, reasonCARetired}, 5 * time.Hour},
		"their Secret is empty": {func(w *world) { w.authorities = map[string][]byte{} },
			[]string{reasonCARepaired, reasonCAPublished, reasonCAInUse, reasonIssued, reasonCARetired}, 5 * time.Hour},
		"the CA is garbage": {func(w *world) { w.authorities[currentCert] = []byte("garbage") },
			[]string{reasonCARepaired, reasonCAPublished, reasonCAInUse, reasonIssued, reasonCARetired}, 5 * time.Hour},
		"its key is another CA's": {func(w *world) { w.authorities[currentKey] = otherCA.keyPEM },
			[]string{reasonCARepaired, reasonCAPublished, reasonCAInUse, reasonIssued, reasonCARetired}, 5 * time.Hour},
		"the CA is no CA": {func(w *world) { w.authorities[currentCert], w.authorities[currentKey] = other.certPEM, other.keyPEM },
			[]string{reasonCARepaired, reasonCAPublished, reasonCAInUse, reasonIssued, reasonCARetired}, 5 * time.Hour},
		"the CA is one from a backup, that nobody knows": {func(w *world) {
			w.authorities[currentCert], w.authorities[currentKey] = otherCA.certPEM, otherCA.keyPEM
		},
			[]string{reasonCARepaired, reasonCARepaired, reasonCAPublished, reasonCAInUse, reasonIssued, reasonCARetired}, 5 * time.Hour},
		"the next CA is garbage": {func(w *world) { w.authorities[nextCert] = []byte("garbage") }, []string{reasonCARepaired}, 0},
		"both Secrets are lost": {func(w *world) { w.authorities, w.serving = nil, nil },
			[]string{reasonCARepaired, reasonIssued, reasonCARetired}, 5 * time.Hour},
		"all is lost": {func(w *world) { w.authorities, w.serving, w.bundles = nil, nil, make([][]byte, 2) },
			[]string{reasonCACreated, reasonIssued}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, daily)
			w.rest()
			w.forgive()
			test.breaks(w)
			got := w.rest()
			_, s := w.read()
			assert.Empty(t, s.fault, "at once")
			w.forgive()
			got = append(got, w.pass(test.within)...)
			assert.Equal(t, test.events, got)
			w.requireRight()
		})
	}
}

func TestARenamedServiceHasACertificateAtOnce(t *testing.T) {
	w := newWorld(t, daily)
	w.rest()
	w.Service = "renamed"
	assert.Equal(t, []string{reasonRepaired}, w.rest())
	_, s := w.read()
	assert.Equal(t, "renamed.palette-system.svc", s.cert.DNSNames[0])
}

func TestWhatSomebodyElseMadeIsTakenOverWithoutAGap(t *testing.T) {
	ca, leaf := foreign(t, "tenancy-apiserver.palette-system.svc")
	w := newWorld(t, daily)
	w.serving = map[string][]byte{corev1.TLSCertKey: leaf.certPEM, corev1.TLSPrivateKeyKey: leaf.keyPEM, corev1.ServiceAccountRootCAKey: ca.certPEM}
	w.served = []since[*pair]{{start, leaf}}
	for i := range w.bundles {
		w.publish(i, ca.certPEM)
	}
	assert.Equal(t, []string{reasonCARepaired, reasonCAPublished}, w.rest())
	assert.Equal(t, []string{reasonCAInUse, reasonRepaired, reasonCARetired}, w.pass(5*time.Hour))
	w.requireRight()
}

func TestAClockThatJumpedIsMadeUpFor(t *testing.T) {
	// At rest, when the next CA is published, and when it has taken over.
	for _, when := range []time.Duration{time.Hour, 80*time.Hour + 5*time.Minute, 81 * time.Hour} {
		settled := newWorld(t, daily)
		settled.rest()
		settled.forgive()
		settled.pass(when)
		for _, jump := range []time.Duration{-4 * time.Minute, -24 * time.Hour, -30000 * time.Hour, time.Hour, 24 * time.Hour, 30000 * time.Hour} {
			t.Run(when.String()+" and then "+jump.String(), func(t *testing.T) {
				w := settled.copy()
				w.t = t
				w.now = w.now.Add(jump)
				w.rest()
				_, s := w.read()
				require.Empty(t, s.fault, "at once")
				w.forgive()
				w.pass(5 * time.Hour)
				a, _ := w.read()
				assert.NotNil(t, a.current)
				assert.Nil(t, a.next)
				assert.Empty(t, a.previous)
			})
		}
	}
}

func TestShorterLifetimesCountAtOnce(t *testing.T) {
	w := newWorld(t, daily)
	w.rest()
	w.Lifetime = time.Hour
	assert.Equal(t, []string{reasonIssued}, w.rest())
	w.CALifetime = 10 * time.Hour
	assert.Equal(t, []string{reasonCARotation, reasonCAPublished}, w.rest())
}

func TestACAThatIsTakenOutIsTrustedNoMore(t *testing.T) {
	for name, before := range map[string]func(w *world){ // What docs/certificates.md says to do first.
		"when another signs": func(w *world) { w.authorities = nil; w.pass(15 * time.Minute) },
		"at once":            func(w *world) { w.authorities, w.serving = nil, nil; w.rest(); w.forgive() },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, daily)
			w.rest()
			w.forgive()
			leaked := readBundle(w.bundles[0])[0]
			before(w)
			assert.True(t, has(readBundle(w.bundles[0]), leaked))
			delete(w.authorities, previousCert)
			w.rest()
			for _, bundle := range append(w.bundles, w.serving[corev1.ServiceAccountRootCAKey]) {
				assert.False(t, has(readBundle(bundle), leaked))
			}
			w.forgive()
			w.requireRight()
		})
	}
}

func TestACAThatIsTakenOutTooEarlyIsTrustedStill(t *testing.T) {
	w := newWorld(t, daily)
	w.rest()
	w.forgive()
	w.authorities = nil
	w.rest()
	delete(w.authorities, previousCert)
	assert.Equal(t, []string{reasonCARepaired}, w.rest())
	w.requireService()
}

func TestASecretThatIsDeletedAgainAndAgainDoesNotFillTheBundle(t *testing.T) {
	w := newWorld(t, daily)
	w.rest()
	w.forgive()
	for range 30 {
		w.authorities = nil
		w.rest()
		w.now = w.now.Add(time.Second)
	}
	assert.LessOrEqual(t, bytes.Count(w.bundles[0], []byte("BEGIN")), maxPrevious+2)
	_, s := w.read()
	assert.Empty(t, s.fault)
	w.forgive()
	w.pass(6 * time.Hour)
	w.requireRight()
}
