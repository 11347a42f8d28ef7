// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/admission"
	corelisters "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
)

// creates is the create of a kind in a namespace.
func creates(kind schema.GroupVersionKind, namespace, subresource string) admission.Attributes {
	return admission.NewAttributesRecord(&v1alpha1.Project{}, nil, kind, namespace, namespace,
		v1alpha1.SchemeGroupVersion.WithResource("projects"), subresource, admission.Create, &metav1.CreateOptions{}, false, nil)
}

var projects = v1alpha1.SchemeGroupVersion.WithKind("Project")

func TestAProjectPrecedesItsNamespaceButJoinsNoneThatIsGoing(t *testing.T) {
	indexer := cache.NewIndexer(cache.MetaNamespaceKeyFunc, cache.Indexers{})
	for name, phase := range map[string]corev1.NamespacePhase{"there": corev1.NamespaceActive, "going": corev1.NamespaceTerminating} {
		require.NoError(t, indexer.Add(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}, Status: corev1.NamespaceStatus{Phase: phase}}))
	}
	plugin := &projectLifecycle{Handler: admission.NewHandler(admission.Create), namespaces: corelisters.NewNamespaceLister(indexer)}
	require.NoError(t, plugin.ValidateInitialization())
	plugin.SetReadyFunc(func() bool { return true })

	validate := func(a admission.Attributes) error { return plugin.Validate(context.Background(), a, nil) }
	assert.NoError(t, validate(creates(projects, "missing", "")))
	assert.NoError(t, validate(creates(projects, "there", "")))
	err := validate(creates(projects, "going", ""))
	assert.True(t, apierrors.IsForbidden(err), "%v", err)
	assert.ErrorContains(t, err, `namespace "going" is being deleted`)
	err = validate(creates(v1alpha1.SchemeGroupVersion.WithKind("AIWorkload"), "going", ""))
	assert.ErrorContains(t, err, `create the AIWorkload again when it is gone`)
	assert.NoError(t, validate(creates(v1alpha1.SchemeGroupVersion.WithKind("Settings"), "going", "")), "other kinds are NamespaceLifecycle's")
}

// refuses is a plugin that lets nothing pass.
type refuses struct{ *admission.Handler }

func (refuses) Admit(context.Context, admission.Attributes, admission.ObjectInterfaces) error {
	return apierrors.NewNotFound(corev1.Resource("namespaces"), "missing")
}

func TestOnlyWhatComesWithItsNamespacePassesNamespaceLifecycleBy(t *testing.T) {
	plugin := exceptProjects{refuses{admission.NewHandler(admission.Create)}, &claims{func(_ context.Context, namespace string) (bool, error) {
		return namespace == "claimed", nil
	}}}
	for _, kind := range []string{"Project", "ComputePool", "AIWorkload"} {
		assert.NoError(t, plugin.Admit(context.Background(), creates(v1alpha1.SchemeGroupVersion.WithKind(kind), "missing", ""), nil))
	}
	other := creates(spectrocloud.SchemeGroupVersion.WithKind("Settings"), "missing", "")
	assert.True(t, apierrors.IsNotFound(plugin.Admit(context.Background(), other, nil)))
	assert.NoError(t, plugin.Admit(context.Background(), creates(spectrocloud.SchemeGroupVersion.WithKind("Settings"), "claimed", ""), nil),
		"it is made for a Tenant or a Project any moment")
}
