// SPDX-License-Identifier: Apache-2.0

package visible_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metainternalversion "k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apiserver/pkg/authentication/user"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

type listOptions = metainternalversion.ListOptions

// TestEveryListIsAnAdministratorsListFilteredByGroups tries lists of every kind by callers of every kind. The truth is what an
// administrator lists at the same resourceVersion.
func TestEveryListIsAnAdministratorsListFilteredByGroups(t *testing.T) {
	s := newServer(t)
	seed := uint64(time.Now().UnixNano())
	t.Log("seed", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	pool := []string{"a", "b", "c", "d", "a-b", "a,b=c", "everyone"}
	some := func() (groups []string) {
		for _, group := range pool {
			if random.IntN(4) == 0 {
				groups = append(groups, group)
			}
		}
		return groups
	}
	// Names of which the keys sort otherwise than namespace and name do: "a/a" is behind "a-b/a-b".
	var revisions []string
	seen := map[string]map[string][]string{} // By resourceVersion, and name.
	now := map[string][]string{}
	record := func(p *spectrocloud.Project) {
		if _, known := seen[p.ResourceVersion]; known {
			return // Nothing changed.
		}
		now[p.Name] = p.Spec.RoleMapping.Viewer
		seen[p.ResourceVersion], revisions = maps.Clone(now), append(revisions, p.ResourceVersion)
	}
	for i := range 25 {
		for _, form := range []string{"a%d", "a%d-b", "b-%d"} {
			record(s.addProject(t, fmt.Sprintf(form, i), some()...))
		}
	}
	for range 25 {
		record(s.show(t, fmt.Sprintf("a%d", random.IntN(25)), some()...))
	}

	for range 400 {
		groups := some()
		options := listOptions{Limit: int64(random.IntN(3) * random.IntN(20))}
		switch revision := revisions[random.IntN(len(revisions))]; random.IntN(5) {
		case 0:
			options.ResourceVersion = "0"
		case 1:
			options.ResourceVersion = revision
		case 2:
			options.ResourceVersion, options.ResourceVersionMatch = revision, metav1.ResourceVersionMatchNotOlderThan
		case 3:
			options.ResourceVersion, options.ResourceVersionMatch = revision, metav1.ResourceVersionMatchExact
		}
		if random.IntN(3) == 0 {
			options.LabelSelector = labels.SelectorFromSet(labels.Set{"letter": "a"})
		}
		if random.IntN(3) == 0 {
			options.FieldSelector = fields.OneTermEqualSelector(spectrocloud.ProjectTenantField, "acme")
		}
		what := fmt.Sprintf("%q lists %+v", groups, options)
		names, revision := s.pages(t, member(groups...), options)
		at, known := seen[revision]
		if !known { // Not of this kind's last write, but of a later one of another.
			at = now
		}
		want := []string{}
		for name, visibleTo := range at {
			mine := slices.ContainsFunc(groups, func(g string) bool { return slices.Contains(visibleTo, g) })
			if mine && (options.LabelSelector == nil || name[0] == 'a') {
				want = append(want, name)
			}
		}
		slices.SortFunc(want, func(a, b string) int { return strings.Compare(a+"/"+a, b+"/"+b) })
		require.Equal(t, want, names, "%s, at %s", what, revision)
		admin, _ := s.pages(t, root, options)
		require.Subset(t, admin, names, what)
	}
}

// pages follows continue tokens, and returns all names and the one resourceVersion. Each page but the last is full.
func (s *server) pages(t *testing.T, who user.Info, options listOptions) (names []string, revision string) {
	t.Helper()
	names = []string{}
	for {
		p := s.list(t, who, options)
		if revision == "" {
			revision = p.GetResourceVersion()
		}
		require.Equal(t, revision, p.GetResourceVersion())
		names = append(names, p.names...)
		if p.GetContinue() == "" {
			return names, revision
		}
		require.NotEqual(t, "0", options.ResourceVersion, "of any moment there is one page, as everywhere")
		require.Len(t, p.names, int(options.Limit))
		if who != root {
			require.Nil(t, p.GetRemainingItemCount(), "how many there are is not for everyone to know")
		}
		options.Continue, options.ResourceVersion, options.ResourceVersionMatch = p.GetContinue(), "", ""
	}
}

func TestATokenOfSomebodyElseShowsNothingMore(t *testing.T) {
	s := newServer(t)
	for i := range 10 {
		s.addProject(t, fmt.Sprintf("p%d", i), []string{"even", "odd"}[i%2])
	}
	theirs := s.list(t, member("even"), listOptions{Limit: 2})
	assert.Equal(t, []string{"p0", "p2"}, theirs.names)
	p := s.list(t, member("odd"), listOptions{Continue: theirs.GetContinue()})
	assert.Equal(t, []string{"p3", "p5", "p7", "p9"}, p.names)
	assert.Empty(t, s.list(t, member("none"), listOptions{Continue: theirs.GetContinue()}).names)
	assert.Empty(t, s.list(t, member(), listOptions{Continue: s.list(t, root, listOptions{Limit: 1}).GetContinue()}).names)
	// A token that says "from the latest", as the answer to one that has expired gives it.
	latest := base64.RawURLEncoding.EncodeToString([]byte(`{"v":"meta.k8s.io/v1","rv":-1,"start":"p4/p4\u0000"}`))
	assert.Equal(t, []string{"p5", "p7", "p9"}, s.list(t, member("odd"), listOptions{Continue: latest}).names)
}

// TestNobodyLearnsThatThereIsMore than they see: not from a token, nor from what is in it.
func TestNobodyLearnsThatThereIsMore(t *testing.T) {
	s := newServer(t)
	for i := range 10 {
		s.addProject(t, fmt.Sprintf("secret%d", i), "others")
	}
	s.addProject(t, "mine", "us")
	s.addProject(t, "t-mine", "us")
	s.addProject(t, "z-secret", "others")
	revision := s.list(t, member("us"), listOptions{}).GetResourceVersion()
	for _, options := range []listOptions{{Limit: 1}, {Limit: 1, ResourceVersion: revision}} {
		first := s.list(t, member("us", "none"), options)
		assert.Equal(t, []string{"mine"}, first.names)
		token, err := base64.RawURLEncoding.DecodeString(first.GetContinue())
		require.NoError(t, err)
		assert.NotContains(t, string(token), "secret")
		second := s.list(t, member("us", "none"), listOptions{Limit: 1, Continue: first.GetContinue()})
		assert.Equal(t, []string{"t-mine"}, second.names)
		assert.Empty(t, second.GetContinue(), "z-secret follows")
	}
	outsider := s.list(t, member("none"), listOptions{Limit: 1})
	assert.Empty(t, outsider.names)
	assert.Empty(t, outsider.GetContinue())
	for _, selector := range []string{"metadata.name=z-secret", "metadata.namespace=z-secret", "metadata.name=z-secret,metadata.namespace!=x"} {
		options := listOptions{FieldSelector: fields.ParseSelectorOrDie(selector)}
		assert.Empty(t, s.list(t, member("us"), options).names, selector)
		assert.Equal(t, []string{"z-secret"}, s.list(t, member("others"), options).names, selector)
	}
	for who, want := range map[string][]string{"us": {}, "others": {"z-secret"}} {
		assert.Equal(t, want, s.listIn(t, as(t.Context(), member(who), "projects", "z-secret"), s.projects, listOptions{}).names, who)
	}
}

// TestAListIsOfOneMoment while objects move between the groups of one caller: there is no moment at which they see none.
func TestAListIsOfOneMoment(t *testing.T) {
	s := newServer(t)
	s.addProject(t, "moving", "g0")
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
				s.show(t, "moving", fmt.Sprintf("g%d", i%20))
			}
		}
	}()
	groups := make([]string, 20)
	for i := range groups {
		groups[i] = fmt.Sprintf("g%d", i)
	}
	for range 300 {
		assert.Equal(t, []string{"moving"}, s.list(t, member(groups...), listOptions{}).names)
	}
	close(stop)
	<-stopped
}

func TestAListIsWholeOrFails(t *testing.T) {
	s := newServer(t)
	s.addProject(t, "p", "us")
	s.broken = errors.New("kube-apiserver does not answer")
	for _, who := range []user.Info{root, member("us"), member()} {
		ctx := as(t.Context(), who, "projects", "")
		_, err := s.projects.List(ctx, &listOptions{})
		assert.True(t, apierrors.IsInternalError(err), "%v", err)
		_, err = s.projects.Watch(ctx, &listOptions{})
		assert.True(t, apierrors.IsInternalError(err), "%v", err)
	}
	_, err := s.projects.Get(as(t.Context(), member("us"), "projects", "p"), "p", &metav1.GetOptions{})
	assert.NoError(t, err, "what a group sees needs no review")
	_, err = s.projects.Get(as(t.Context(), &user.DefaultInfo{Name: root.Name}, "projects", "p"), "p", &metav1.GetOptions{})
	assert.True(t, apierrors.IsInternalError(err), "%v", err)
}
