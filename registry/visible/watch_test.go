// SPDX-License-Identifier: Apache-2.0

package visible_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/apiserver/pkg/authentication/user"
	registryrest "k8s.io/apiserver/pkg/registry/rest"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

// watching is a watch of Projects in all namespaces.
type watching struct {
	watch.Interface
	t *testing.T
}

func (s *server) watch(t *testing.T, who user.Info, options listOptions) watching {
	t.Helper()
	ctx, cancel := context.WithTimeout(as(t.Context(), who, "projects", ""), 2*soon)
	w, err := s.projects.Watch(ctx, &options)
	require.NoError(t, err)
	t.Cleanup(func() { w.Stop(); cancel() })
	return watching{w, t}
}

// next is the next event, as "TYPE name viewers", leaving bookmarks out.
func (w watching) next() string {
	w.t.Helper()
	for {
		select {
		case event, open := <-w.ResultChan():
			require.True(w.t, open, "the watch has ended")
			project := projectOf(w.t, event)
			if event.Type != watch.Bookmark {
				return fmt.Sprintf("%s %s %v", event.Type, project.Name, project.Spec.RoleMapping.Viewer)
			}
		case <-time.After(soon):
			require.Fail(w.t, "no event")
		}
	}
}

// projectOf is the Project of an event, which may be shared by all that watch.
func projectOf(t *testing.T, event watch.Event) *spectrocloud.Project {
	t.Helper()
	object := event.Object
	if shared, ok := object.(runtime.CacheableObject); ok {
		object = shared.GetObject()
	}
	project, ok := object.(*spectrocloud.Project)
	require.True(t, ok, "%+v", event)
	return project
}

func TestAWatchFollowsWhatTheGroupsSee(t *testing.T) {
	s := newServer(t)
	start := s.list(t, member("us"), listOptions{}).GetResourceVersion()
	watches := map[string]watching{
		"from now":      s.watch(t, member("us", "x"), listOptions{}),
		"from a moment": s.watch(t, member("us"), listOptions{ResourceVersion: start, AllowWatchBookmarks: true}),
		"one Tenant's": s.watch(t, member("us"), listOptions{ResourceVersion: start,
			FieldSelector: fields.OneTermEqualSelector(spectrocloud.ProjectTenantField, "acme")}),
		"one's": s.watch(t, member("us"), listOptions{ResourceVersion: start, FieldSelector: fields.OneTermEqualSelector("metadata.name", "p")}),
	}
	s.addProject(t, "other", "them")
	s.addProject(t, "p", "them")
	s.show(t, "p", "them", "us")
	s.show(t, "p", "us")
	s.show(t, "other", "them", "they")
	s.show(t, "p", "them")
	s.show(t, "p")
	s.show(t, "p", "us", "them")
	_, _, err := s.projects.Delete(as(t.Context(), root, "projects", "p"), "p", registryrest.ValidateAllObjectFunc, &metav1.DeleteOptions{})
	require.NoError(t, err)
	update(t, as(t.Context(), root, "projects", "p"), s.projects, "p", func(p *spectrocloud.Project) { p.Finalizers = nil })

	want := []string{
		"ADDED p [them us]", "MODIFIED p [us]", "DELETED p [us]", "ADDED p [us them]", "MODIFIED p [us them]", "DELETED p [us them]",
	}
	watches["replayed"] = s.watch(t, member("us"), listOptions{ResourceVersion: start})
	for name, w := range watches {
		for _, event := range want {
			assert.Equal(t, event, w.next(), name)
		}
	}
	everything := s.watch(t, root, listOptions{ResourceVersion: start})
	assert.Equal(t, "ADDED other [them]", everything.next())
	assert.Equal(t, "ADDED p [them]", everything.next())
}

// TestAnInformerStartsWithWhatTheGroupsSee as client-go's do: by a watch that sends what there is, and then a bookmark.
func TestAnInformerStartsWithWhatTheGroupsSee(t *testing.T) {
	s := newServer(t)
	s.addProject(t, "a", "us")
	s.addProject(t, "b", "them")
	last := s.addProject(t, "c", "us", "them").ResourceVersion
	yes := true
	for who, want := range map[string][]string{"us": {"a", "c"}, "none": {}} {
		w := s.watch(t, member(who), listOptions{
			SendInitialEvents: &yes, AllowWatchBookmarks: true, ResourceVersionMatch: metav1.ResourceVersionMatchNotOlderThan})
		names := []string{}
		for event := range w.ResultChan() {
			project := projectOf(t, event)
			if event.Type == watch.Bookmark {
				assert.Equal(t, "true", project.Annotations[metav1.InitialEventsAnnotationKey])
				assert.GreaterOrEqual(t, len(project.ResourceVersion), len(last))
				assert.Empty(t, project.Name)
				break
			}
			names = append(names, project.Name)
		}
		assert.ElementsMatch(t, want, names, who)
		s.show(t, "c", "none")
		s.show(t, "c", "us", "them")
		for _, event := range map[string][]string{
			"us": {"DELETED c [us them]", "ADDED c [us them]"}, "none": {"ADDED c [none]", "DELETED c [none]"},
		}[who] {
			assert.Equal(t, event, w.next(), who)
		}
	}
}
