// SPDX-License-Identifier: Apache-2.0

package workloadprofile_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metainternalversion "k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	registryrest "k8s.io/apiserver/pkg/registry/rest"
	apistorage "k8s.io/apiserver/pkg/storage"
	"k8s.io/utils/ptr"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

// A patch of a label takes properties apart and puts them together again, in words of its own.
func TestPropertiesInOtherWordsAreTheSame(t *testing.T) {
	s := newServer(t, startEtcd(t))
	const messy, neat = `{ "port": 80.0, "image": "a<b",	"big": 9007199254740993, "on": null }`, `{"big":9007199254740993,"image":"a\u003cb","on":null,"port":80}`
	write := func(json string) *runtime.RawExtension { return &runtime.RawExtension{Raw: []byte(json)} }
	set := func(p *spectrocloud.WorkloadProfile, json string) {
		p.Spec.Workload.Components[0].Properties = write(json)
		p.Spec.Workload.Components[0].Traits = []spectrocloud.Trait{{Type: "scaler", Properties: write(json)}}
		p.Spec.Workload.Policies = []spectrocloud.Policy{{Name: "single", Type: "topology", Properties: write(json)}}
	}
	created := profile("chat", "")
	set(created, messy)
	_, err := s.Create(in(t.Context()), created, registryrest.ValidateAllObjectFunc, &metav1.CreateOptions{})
	require.NoError(t, err)
	labelled, err := s.update(t.Context(), "chat", func(p *spectrocloud.WorkloadProfile) {
		p.Labels = map[string]string{"a": "b"}
		set(p, neat)
	})
	require.NoError(t, err)
	again, err := s.update(t.Context(), "chat", func(p *spectrocloud.WorkloadProfile) { set(p, messy) })
	require.NoError(t, err)
	assert.Equal(t, int64(1), again.Generation)
	assert.Equal(t, labelled.ResourceVersion, again.ResourceVersion, "what changes nothing writes nothing")
	for _, properties := range []*runtime.RawExtension{again.Spec.Workload.Components[0].Properties,
		again.Spec.Workload.Components[0].Traits[0].Properties, again.Spec.Workload.Policies[0].Properties} {
		assert.Equal(t, neat, string(properties.Raw))
	}

	_, err = s.update(t.Context(), "chat", func(p *spectrocloud.WorkloadProfile) { set(p, `{"port": 81}`) })
	assert.True(t, apierrors.IsInvalid(err), "%v", err)
	assert.ErrorContains(t, err, "spec: Forbidden: can't be changed")
}

func TestNobodyWritesAPlaceOfTheirOwn(t *testing.T) {
	s := newServer(t, startEtcd(t))
	forged := profile("chat", "")
	forged.Status = status{Lineage: "other", Revision: 99}
	obj, err := s.Create(in(t.Context()), forged, registryrest.ValidateAllObjectFunc, &metav1.CreateOptions{})
	require.NoError(t, err)
	assert.Equal(t, status{Lineage: "chat", Revision: 1}, obj.(*spectrocloud.WorkloadProfile).Status)
	updated, err := s.update(t.Context(), "chat", func(p *spectrocloud.WorkloadProfile) {
		p.Labels, p.Status = map[string]string{"a": "b"}, status{Lineage: "other", Revision: 99}
	})
	require.NoError(t, err)
	assert.Equal(t, status{Lineage: "chat", Revision: 1}, updated.Status)
}

// Resource version 0 is what the watch cache answers.
func TestALineageIsSelectedFromEtcdAndFromTheWatchCache(t *testing.T) {
	s := newServer(t, startEtcd(t))
	for _, p := range [][2]string{{"chat", ""}, {"chat-b", "chat"}, {"other", ""}} {
		_, err := s.create(t.Context(), p[0], p[1])
		require.NoError(t, err)
	}
	selector := fields.OneTermEqualSelector("status.lineage", "chat")
	current, err := s.Get(in(t.Context()), "other", &metav1.GetOptions{})
	require.NoError(t, err)
	version := current.(*spectrocloud.WorkloadProfile).ResourceVersion
	for _, options := range []metainternalversion.ListOptions{
		{FieldSelector: selector},
		{FieldSelector: selector, ResourceVersion: version, ResourceVersionMatch: metav1.ResourceVersionMatchNotOlderThan},
		{FieldSelector: selector, ResourceVersion: version, ResourceVersionMatch: metav1.ResourceVersionMatchExact},
	} {
		list, err := s.List(in(t.Context()), &options)
		require.NoError(t, err)
		var names []string
		require.NoError(t, meta.EachListItem(list, func(obj runtime.Object) error {
			names = append(names, obj.(*spectrocloud.WorkloadProfile).Name)
			return nil
		}))
		slices.Sort(names)
		assert.Equal(t, []string{"chat", "chat-b"}, names)
	}
	assert.Equal(t, []apistorage.MatchValue{{IndexName: "f:status.lineage", Value: "chat"}},
		ptr.To(s.PredicateFunc(labels.Everything(), selector)).MatcherIndex(in(t.Context())), "by index, not by looking at all")
	events, err := s.Watch(in(t.Context()), &metainternalversion.ListOptions{FieldSelector: selector, ResourceVersion: version})
	require.NoError(t, err)
	defer events.Stop()
	for _, p := range [][2]string{{"other-b", "other"}, {"chat-c", "chat"}} {
		_, err := s.create(t.Context(), p[0], p[1])
		require.NoError(t, err)
	}
	event := <-events.ResultChan()
	sent, ok := event.Object.(runtime.CacheableObject)
	require.True(t, ok, "%T is not from the watch cache", event.Object)
	assert.Equal(t, "chat-c", sent.GetObject().(*spectrocloud.WorkloadProfile).Name)
}

func TestAProfileIsPrintedWithItsPlace(t *testing.T) {
	s := newServer(t, startEtcd(t))
	s.creates(t, "chat", "", "chat", 1)
	s.creates(t, "chat-b", "chat", "chat", 2)
	obj, err := s.Get(in(t.Context()), "chat-b", &metav1.GetOptions{})
	require.NoError(t, err)
	table, err := s.ConvertToTable(t.Context(), obj, nil)
	require.NoError(t, err)
	var names []string
	for _, column := range table.ColumnDefinitions {
		names = append(names, column.Name)
	}
	assert.Equal(t, []string{"Name", "Type", "Lineage", "Revision", "Display Name", "Age"}, names)
	assert.Equal(t, []any{"chat-b", "Application", "chat", int64(2), ""}, table.Rows[0].Cells[:5])
}
