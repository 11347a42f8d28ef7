// SPDX-License-Identifier: Apache-2.0

package certificates

import (
	"cmp"
	"crypto/x509"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// lookAgain is how long a look at what is there holds at most. That is how soon a clock that jumped is noticed.
const lookAgain = time.Minute

// Policy says which certificate there is to be, and for how long certificates are made.
type Policy struct {
	Service, Namespace   string // Of tenancy-apiserver.
	AlsoService          string // Of the controller manager, whose metrics are served with the same certificate; "" for none.
	Lifetime, CALifetime time.Duration
}

// settle is how long every kube-apiserver may take to see a new caBundle.
func (p Policy) settle() time.Duration { return min(10*time.Minute, p.Lifetime/10) }

// reload is how long every tenancy-apiserver may take to serve with a new certificate: kubelet brings a Secret's files up to
// date within two minutes, on a node that was cut off when it is back.
func (p Policy) reload() time.Duration { return min(24*time.Hour, p.Lifetime/6) }

// names are those that the Services have within the cluster. kube-apiserver uses the first.
func (p Policy) names() []string {
	short := p.Service + "." + p.Namespace
	names := []string{short + ".svc", short, short + ".svc.cluster.local"}
	if p.AlsoService != "" {
		names = append(names, p.AlsoService+"."+p.Namespace+".svc")
	}
	return names
}

// found is what a look at the cluster found.
type found struct {
	authorities map[string][]byte // Data of the Secret of CAs; nil where there is no such Secret.
	published   time.Time         // Noted on that Secret: since when its next CA was seen in all bundles.
	serving     map[string][]byte // Data of the Secret that tenancy-apiserver serves with; nil where there is none.
	bundles     [][]byte          // The caBundle of each APIService that is ours.
}

// plan is what is to be done next. After that it takes another look, for what there is to do then. The steps do not depend
// on each other: one that can't be taken keeps none of the others from being taken.
type plan struct {
	authorities *authorities      // To be stored; nil for nothing.
	serving     map[string][]byte // To be stored; nil for nothing.
	bundle      []byte            // What each caBundle is to be; nil while that is not known.

	authoritiesNews, servingNews news
	wait                         time.Duration     // For how long there is nothing to do, if there is nothing.
	servingCert, authorityCert   *x509.Certificate // What is there; nil for what is not valid.
}

// news is why a Secret is written: the reason and message of an event. It is empty where the reason is an earlier event's.
type news struct {
	kind, reason, message string
}

func normal(reason, format string, args ...any) news {
	return news{corev1.EventTypeNormal, reason, fmt.Sprintf(format, args...)}
}

func warning(reason, format string, args ...any) news {
	return news{corev1.EventTypeWarning, reason, fmt.Sprintf(format, args...)}
}

// plan says what is to be done next.
//
// A CA signs only what is served when kube-apiserver knows that CA: it is stored as the next one, put into every bundle, seen
// there for as long as settle, and only then signs. It is trusted until every replica has had reload to
// serve with what its successor signed. All exceptions are where nothing can be served with, so that nothing can be broken.
func (p Policy) plan(f found, now time.Time) (plan, error) {
	a, faults := readAuthorities(f.authorities, f.published, now)
	s := p.readServing(f.serving, a.trusted(), now)
	if mended, why, err := p.mend(a, f, s, faults, now); err != nil || why != (news{}) {
		// Stored first: until then neither bundle nor certificate follow from what is stored.
		return plan{authorities: mended, authoritiesNews: why}, err
	}
	next := plan{bundle: writeBundle(a.trusted()), wait: p.wait(a, s, now)}
	if s.fault == "" {
		next.servingCert = s.cert
	}
	if ca := cmp.Or(a.current, a.next); ca != nil {
		next.authorityCert = ca.cert
	}
	var err error
	if next.serving, next.servingNews, err = p.serve(a, f, s, next.bundle, now); err != nil {
		return plan{}, err
	}
	advanced, why, err := p.advance(a, f, s, now)
	if !advanced.storedAs(f.authorities, f.published) {
		next.authorities, next.authoritiesNews = &advanced, why
	}
	return next, err
}

// mend returns the authorities as they have to be before anything else is done, and why, or no news if they are.
func (p Policy) mend(a authorities, f found, s serving, faults []string, now time.Time) (*authorities, news, error) {
	none := a.current == nil && a.next == nil
	if none || len(faults) > 0 || s.pair != nil && s.fault != "" {
		known := len(a.trusted())
		for _, bundle := range f.bundles { // Whom kube-apiserver trusts may have signed what is served with.
			a.retire(unexpired(readBundle(bundle), now)...)
		}
		if len(a.trusted()) > known { // It may have been theirs.
			s = p.readServing(f.serving, a.trusted(), now)
			if s.fault == "" && len(faults) == 0 && !none {
				return &a, warning(reasonCARepaired, "Trusted still: %s, which is published and signed what is served with", subjects(a.previous)), nil
			}
		}
	}
	if a.current != nil && a.next == nil && s.fault == "" && !a.signed(s.cert) && !publishedIn(f.bundles, a.current.cert) {
		a.current, a.next, a.published = nil, a.current, time.Time{}
		return &a, warning(reasonCARepaired, "CA %q is not published, while another's certificate is served with: it is published first", a.next.cert.Subject.CommonName), nil
	}
	if a.current == nil && (none || s.fault != "") {
		return p.replace(a, f, s, faults, now)
	}
	if len(faults) > 0 {
		return &a, warning(reasonCARepaired, "Put right: %s", strings.Join(faults, "; ")), nil
	}
	return nil, news{}, nil
}

// replace finds a CA where none signs. Where something is served with, the CA has to be published first.
func (p Policy) replace(a authorities, f found, s serving, faults []string, now time.Time) (*authorities, news, error) {
	if a.next == nil {
		made, err := newAuthority(now, p.CALifetime)
		if err != nil {
			return nil, news{}, err
		}
		a.next, a.published = made, time.Time{}
	}
	name := a.next.cert.Subject.CommonName
	if s.fault != "" {
		a.promote()
	}
	switch {
	case f.authorities == nil && s.absent && len(a.previous) == 0:
		return &a, normal(reasonCACreated, "CA %q", name), nil
	case f.authorities == nil:
		faults = []string{"there was no Secret"}
	case len(faults) == 0:
		faults = []string{"there was no CA that signs"}
	}
	return &a, warning(reasonCARepaired, "CA %q takes over: %s", name, strings.Join(faults, "; ")), nil
}

// advance takes the rotation of CAs a step further, if it is time.
func (p Policy) advance(a authorities, f found, s serving, now time.Time) (authorities, news, error) {
	if a.next != nil {
		name := a.next.cert.Subject.CommonName
		switch {
		case !publishedIn(append(slices.Clone(f.bundles), f.serving[corev1.ServiceAccountRootCAKey]), a.next.cert):
			a.published = time.Time{}
		case a.published.IsZero() || a.published.After(now):
			a.published = now
			return a, normal(reasonCAPublished, "CA %q is in every caBundle, and signs after %s", name, p.settle()), nil
		case now.Sub(a.published) >= p.settle():
			a.promote()
			return a, normal(reasonCAInUse, "CA %q signs from now on", name), nil
		}
		return a, news{}, nil
	}
	if len(a.previous) > 0 && s.fault == "" && a.signed(s.cert) && now.Sub(issued(s.cert)) > p.reload()+time.Second {
		gone := subjects(a.previous)
		a.previous = nil
		return a, normal(reasonCARetired, "Trusted no more, every replica serves with what its successor signed: %s", gone), nil
	}
	if a.current != nil && due(a.current.cert, now, p.CALifetime) {
		next, err := newAuthority(now, p.CALifetime)
		if err != nil {
			return a, news{}, err
		}
		a.next = next
		return a, normal(reasonCARotation, "CA %q is to follow %q, which is valid until %s", next.cert.Subject.CommonName,
			a.current.cert.Subject.CommonName, stamp(a.current.cert.NotAfter)), nil
	}
	return a, news{}, nil
}

// wait is for how long there will be nothing to do.
func (p Policy) wait(a authorities, s serving, now time.Time) time.Duration {
	until := now.Add(lookAgain)
	at := func(t time.Time) {
		if t.Before(until) {
			until = t
		}
	}
	if a.current != nil {
		if s.fault == "" {
			at(renewal(s.cert))
			if len(a.previous) > 0 {
				at(issued(s.cert).Add(p.reload() + 2*time.Second))
			}
		}
		if a.next == nil {
			at(renewal(a.current.cert))
		}
	}
	if !a.published.IsZero() {
		at(a.published.Add(p.settle()))
	}
	return until.Sub(now)
}

// publishedIn tells whether all bundles have the certificate.
func publishedIn(bundles [][]byte, cert *x509.Certificate) bool {
	return !slices.ContainsFunc(bundles, func(bundle []byte) bool { return !has(readBundle(bundle), cert) })
}

func subjects(certs []*x509.Certificate) string {
	var names []string
	for _, cert := range certs {
		names = append(names, fmt.Sprintf("%q", cert.Subject.CommonName))
	}
	return strings.Join(names, ", ")
}
