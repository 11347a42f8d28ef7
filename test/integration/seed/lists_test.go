// SPDX-License-Identifier: Apache-2.0

package seed

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/test/integration/framework"
)

// patience is how long the server keeps a watch, in seconds, should what is waited for not come.
var patience = new(int64(framework.Patience.Seconds()))

// labelled creates n Tenants with a label of their own, and returns a selector of it.
func labelled(t *testing.T, n int) (selector string, names []string) {
	t.Helper()
	set := framework.Name("set")
	for range n {
		tenant := framework.Tenant(framework.Name(set))
		tenant.Labels = map[string]string{"set": set}
		_, err := cluster.Admin.Tenants().Create(t.Context(), tenant, metav1.CreateOptions{})
		require.NoError(t, err)
		names = append(names, tenant.Name)
	}
	return "set=" + set, names
}

func TestAListComesInChunksOfOneMoment(t *testing.T) {
	selector, names := labelled(t, 7)
	var found []string
	var version string
	for options := (metav1.ListOptions{LabelSelector: selector, Limit: 3}); ; {
		page, err := cluster.Admin.Tenants().List(t.Context(), options)
		require.NoError(t, err)
		assert.LessOrEqual(t, len(page.Items), 3)
		for _, item := range page.Items {
			found = append(found, item.Name)
		}
		if version == "" {
			version = page.ResourceVersion
			// What comes and goes between the pages does not show in them.
			require.NoError(t, cluster.Admin.Tenants().Delete(t.Context(), names[6], metav1.DeleteOptions{}))
			extra := framework.Tenant(names[6] + "-later")
			extra.Labels = map[string]string{"set": selector[len("set="):]}
			_, err := cluster.Admin.Tenants().Create(t.Context(), extra, metav1.CreateOptions{})
			require.NoError(t, err)
		}
		assert.Equal(t, version, page.ResourceVersion)
		if options.Continue = page.Continue; options.Continue == "" {
			break
		}
	}
	assert.ElementsMatch(t, names, found)
}

func TestResourceVersionsMeanWhatTheyMeanEverywhere(t *testing.T) {
	selector, names := labelled(t, 1)
	first, err := cluster.Admin.Tenants().List(t.Context(), metav1.ListOptions{LabelSelector: selector})
	require.NoError(t, err)
	settled(t)
	current, err := cluster.Admin.Tenants().Get(t.Context(), names[0], metav1.GetOptions{})
	require.NoError(t, err)
	assert.Greater(t, number(t, current.ResourceVersion), number(t, first.Items[0].ResourceVersion))
	list := func(version string, match metav1.ResourceVersionMatch) *v1alpha1.TenantList {
		list, err := cluster.Admin.Tenants().List(t.Context(), metav1.ListOptions{
			LabelSelector: selector, ResourceVersion: version, ResourceVersionMatch: match})
		require.NoError(t, err)
		require.Len(t, list.Items, 1)
		return list
	}
	assert.Equal(t, first.Items[0].ResourceVersion, list(first.ResourceVersion, metav1.ResourceVersionMatchExact).Items[0].ResourceVersion)
	assert.GreaterOrEqual(t, number(t, list(current.ResourceVersion, metav1.ResourceVersionMatchNotOlderThan).ResourceVersion), number(t, current.ResourceVersion))
	list("0", "")
	assert.Equal(t, current.ResourceVersion, list("", "").Items[0].ResourceVersion)

	// A write that knows an old version is refused, one that knows none is not, and one that changes nothing writes nothing.
	stale := first.Items[0].DeepCopy()
	stale.Spec.DisplayName = "stale"
	_, err = cluster.Admin.Tenants().Update(t.Context(), stale, metav1.UpdateOptions{})
	assert.True(t, apierrors.IsConflict(err), "%v", err)
	same, err := cluster.Admin.Tenants().Update(t.Context(), current, metav1.UpdateOptions{})
	require.NoError(t, err)
	assert.Equal(t, current.ResourceVersion, same.ResourceVersion)
	stale.ResourceVersion = ""
	blind, err := cluster.Admin.Tenants().Update(t.Context(), stale, metav1.UpdateOptions{})
	require.NoError(t, err)
	assert.Equal(t, "stale", blind.Spec.DisplayName)
	assert.Equal(t, current.Generation+1, blind.Generation)
}

func TestAWatchTakesUpWhereAListEnded(t *testing.T) {
	selector, names := labelled(t, 1)
	settled(t)
	list, err := cluster.Admin.Tenants().List(t.Context(), metav1.ListOptions{LabelSelector: selector})
	require.NoError(t, err)
	patch := func(body string) *v1alpha1.Tenant {
		patched, err := cluster.Admin.Tenants().Patch(t.Context(), names[0], types.MergePatchType, []byte(body), metav1.PatchOptions{})
		require.NoError(t, err)
		return patched
	}
	patched := patch(`{"spec": {"displayName": "x"}}`)
	events, err := cluster.Admin.Tenants().Watch(t.Context(), metav1.ListOptions{
		LabelSelector: selector, ResourceVersion: list.ResourceVersion, TimeoutSeconds: patience})
	require.NoError(t, err)
	defer events.Stop()
	event := <-events.ResultChan()
	assert.Equal(t, watch.Modified, event.Type)
	assert.Equal(t, patched.ResourceVersion, event.Object.(*v1alpha1.Tenant).ResourceVersion)

	// An object that leaves the selection is deleted, as far as this watch goes.
	patch(`{"metadata": {"labels": null}}`)
	for event = range events.ResultChan() {
		if event.Type == watch.Deleted {
			return
		}
	}
	t.Fatal("the watch ended without DELETED")
}

// TestAWatchListEndsItsInitialEventsWithABookmark is how informers of today begin.
func TestAWatchListEndsItsInitialEventsWithABookmark(t *testing.T) {
	selector, names := labelled(t, 3)
	events, err := cluster.Admin.Tenants().Watch(t.Context(), metav1.ListOptions{
		LabelSelector: selector, SendInitialEvents: new(true), ResourceVersionMatch: metav1.ResourceVersionMatchNotOlderThan,
		AllowWatchBookmarks: true, TimeoutSeconds: patience})
	require.NoError(t, err)
	defer events.Stop()
	found := map[string]bool{}
	for event := range events.ResultChan() {
		tenant, ok := event.Object.(*v1alpha1.Tenant)
		require.True(t, ok, "%+v", event)
		if event.Type == watch.Bookmark && tenant.Annotations[metav1.InitialEventsAnnotationKey] == "true" {
			assert.NotEmpty(t, tenant.ResourceVersion)
			assert.Len(t, found, len(names))
			return
		}
		found[tenant.Name] = true
	}
	t.Fatal("the watch ended without the bookmark")
}

// TestAQuietWatchGetsBookmarks is about one that sees nothing of what changes: it must not fall behind.
func TestAQuietWatchGetsBookmarks(t *testing.T) {
	list, err := cluster.Admin.Tenants().List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	// Bookmarks are sent two seconds before a watch times out, and every minute.
	events, err := cluster.Admin.Tenants().Watch(t.Context(), metav1.ListOptions{
		LabelSelector: "none=none", ResourceVersion: list.ResourceVersion, AllowWatchBookmarks: true, TimeoutSeconds: new(int64(4))})
	require.NoError(t, err)
	defer events.Stop()
	labelled(t, 1)
	event := <-events.ResultChan()
	require.Equal(t, watch.Bookmark, event.Type, "%+v", event)
	assert.Greater(t, number(t, event.Object.(*v1alpha1.Tenant).ResourceVersion), number(t, list.ResourceVersion))
}

func number(t *testing.T, version string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(version, 10, 64)
	require.NoError(t, err)
	return n
}
