// SPDX-License-Identifier: Apache-2.0

package certificates

import (
	"bytes"
	"crypto/x509"
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	corev1 "k8s.io/api/core/v1"
)

// daily has everything happen within days.
var daily = Policy{Service: "tenancy-apiserver", Namespace: "palette-system", Lifetime: 24 * time.Hour, CALifetime: 5 * 24 * time.Hour}

var start = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// world is a cluster with a clock. It remembers what every tenancy-apiserver may serve with and what every kube-apiserver
// may verify that by, slow as they are allowed to be.
type world struct {
	t *testing.T
	Policy
	found
	now    time.Time
	served []since[*pair]
	known  [][]since[[]byte] // Per APIService.
	events []string          // Their reasons.
}

// since is what was there from a moment to the next one's.
type since[T any] struct {
	when time.Time
	what T
}

func newWorld(t *testing.T, policy Policy) *world {
	return &world{t: t, Policy: policy, now: start, found: found{bundles: make([][]byte, 2)}, known: make([][]since[[]byte], 2)}
}

// look takes one look and at most so many of the writes that follow from it, and tells how many there were.
func (w *world) look(writes int) (done int) {
	w.t.Helper()
	next, err := w.plan(w.found, w.now)
	require.NoError(w.t, err)
	write := func(needed bool, do func()) {
		if needed && done < writes {
			do()
			done++
		}
	}
	for i := range w.bundles {
		write(next.bundle != nil && !bytes.Equal(next.bundle, w.bundles[i]), func() { w.publish(i, next.bundle) })
	}
	write(next.serving != nil, func() {
		w.serving = next.serving
		w.note(next.servingNews)
		served, err := readPair(next.serving[corev1.TLSCertKey], next.serving[corev1.TLSPrivateKeyKey])
		require.NoError(w.t, err)
		if len(w.served) == 0 || !w.served[len(w.served)-1].what.cert.Equal(served.cert) {
			w.served = append(w.served, since[*pair]{w.now, served})
		}
	})
	write(next.authorities != nil, func() {
		w.authorities, w.published = next.authorities.data(), next.authorities.published
		w.note(next.authoritiesNews)
	})
	return done
}

func (w *world) publish(i int, bundle []byte) {
	w.bundles[i] = bundle
	w.known[i] = append(w.known[i], since[[]byte]{w.now, bundle})
}

func (w *world) note(why news) {
	if why != (news{}) {
		w.events = append(w.events, why.reason)
	}
}

// rest looks until there is nothing to do, and returns what was announced.
func (w *world) rest() []string {
	w.t.Helper()
	w.events = nil
	for range maxSteps {
		if w.look(maxSteps) == 0 {
			return w.events
		}
	}
	require.FailNow(w.t, "it does not come to rest", "%v", w.events)
	return nil
}

// lookFor looks again after so long, and returns what was announced.
func (w *world) lookFor(length time.Duration) []string {
	w.t.Helper()
	w.now = w.now.Add(length)
	return w.rest()
}

// pass lets time pass, with looks as often as the controller takes them, and returns what was announced.
func (w *world) pass(length time.Duration) (all []string) {
	w.t.Helper()
	for end := w.now.Add(length); ; {
		all = append(all, w.rest()...)
		next, err := w.plan(w.found, w.now)
		require.NoError(w.t, err)
		require.Positive(w.t, next.wait)
		if !w.now.Before(end) {
			return all
		}
		step := next.wait
		if step == lookAgain { // Nothing is due, so that not every minute has to be looked at.
			step = 30 * time.Minute
		}
		w.now = w.now.Add(min(step, end.Sub(w.now)))
		w.requireService()
	}
}

// recent are those that were there at some moment of the last so long.
func recent[T any](all []since[T], now time.Time, window time.Duration) (some []T) {
	for i, entry := range all {
		if i+1 == len(all) || now.Sub(all[i+1].when) < window {
			some = append(some, entry.what)
		}
	}
	return some
}

// requireService checks that every kube-apiserver accepts every tenancy-apiserver.
func (w *world) requireService() {
	w.t.Helper()
	for _, served := range recent(w.served, w.now, w.reload()) {
		for _, known := range w.known {
			for _, bundle := range recent(known, w.now, w.settle()) {
				roots := x509.NewCertPool()
				roots.AppendCertsFromPEM(bundle)
				_, err := served.cert.Verify(x509.VerifyOptions{Roots: roots, CurrentTime: w.now, DNSName: "tenancy-apiserver.palette-system.svc"})
				require.NoError(w.t, err, "%s after the start: a certificate until %s is served", w.now.Sub(start), stamp(served.cert.NotAfter))
			}
		}
	}
}

// forgive lets nobody be slow with what was before now.
func (w *world) forgive() {
	w.served = w.served[len(w.served)-1:]
	for i := range w.known {
		w.known[i] = w.known[i][len(w.known[i])-1:]
	}
}

func (w *world) read() (authorities, serving) {
	w.t.Helper()
	a, faults := readAuthorities(w.authorities, w.published, w.now)
	require.Empty(w.t, faults)
	return a, w.readServing(w.serving, a.trusted(), w.now)
}

// intact tells whether there is a CA that signs, and nothing is wrong with the Secret.
func (w *world) intact() bool {
	a, faults := readAuthorities(w.authorities, w.published, w.now)
	return a.current != nil && len(faults) == 0
}

// requireRight checks that all is as it is to be in the long run: one CA, which signed what is served with.
func (w *world) requireRight() {
	w.t.Helper()
	a, s := w.read()
	require.NotNil(w.t, a.current)
	require.Nil(w.t, a.next)
	require.Empty(w.t, a.previous)
	require.Empty(w.t, s.fault)
	require.True(w.t, a.signed(s.cert))
	for _, bundle := range append(w.bundles, w.serving[corev1.ServiceAccountRootCAKey]) {
		require.Equal(w.t, string(a.current.certPEM), string(bundle))
	}
	w.requireService()
}

func (w *world) copy() *world {
	c := *w
	c.authorities, c.serving = maps.Clone(w.authorities), maps.Clone(w.serving)
	c.bundles = append([][]byte(nil), w.bundles...)
	c.known = append([][]since[[]byte](nil), w.known...)
	return &c
}
