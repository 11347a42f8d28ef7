// SPDX-License-Identifier: Apache-2.0

package claim

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/pkg/controllers/status"
)

func namespace(change func(*corev1.Namespace)) *corev1.Namespace {
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "a", Labels: map[string]string{}, Annotations: map[string]string{}}}
	change(ns)
	return ns
}

func TestANamespaceIsTakenOnlyFromItsOwnerOrByLabel(t *testing.T) {
	owner := Owner{Kind: "project", Name: "a", UID: "1"}
	mark := func(uid string) func(*corev1.Namespace) {
		return func(ns *corev1.Namespace) { ns.Annotations[v1alpha1.AnnotationOwnerUID] = uid }
	}
	adoptable := func(value string) func(*corev1.Namespace) {
		return func(ns *corev1.Namespace) { ns.Labels[v1alpha1.LabelAdopt] = value }
	}
	both := func(changes ...func(*corev1.Namespace)) func(*corev1.Namespace) {
		return func(ns *corev1.Namespace) {
			for _, change := range changes {
				change(ns)
			}
		}
	}
	terminating := func(ns *corev1.Namespace) { ns.DeletionTimestamp = &metav1.Time{Time: time.Unix(1, 0)} }
	for name, test := range map[string]struct {
		change  func(*corev1.Namespace)
		adopt   bool
		reason  string
		message string
	}{
		"its own":                       {change: mark("1")},
		"nobody's":                      {change: func(*corev1.Namespace) {}, reason: status.NamespaceExists, message: "label it spectrocloud.com/adopt=project.a"},
		"handed over":                   {change: adoptable("project.a"), adopt: true},
		"handed over to a tenant":       {change: adoptable("tenant.a"), reason: status.NamespaceExists},
		"handed over to another":        {change: adoptable("project.b"), reason: status.NamespaceExists},
		"handed over in other case":     {change: adoptable("Project.a"), reason: status.NamespaceExists},
		"another's":                     {change: mark("2"), reason: status.NamespaceTaken, message: "remove annotation spectrocloud.com/owner-uid"},
		"another's, though handed over": {change: both(mark("2"), adoptable("project.a")), reason: status.NamespaceTaken},
		"marked as nobody's":            {change: mark(""), reason: status.NamespaceTaken},
		"labelled as ours, not marked": {change: func(ns *corev1.Namespace) {
			ns.Labels[v1alpha1.LabelProject], ns.Labels[v1alpha1.LabelTenant] = "a", "t"
		}, reason: status.NamespaceExists},
		"its own, going":     {change: both(mark("1"), terminating), reason: status.NamespaceTerminating},
		"handed over, going": {change: both(adoptable("project.a"), terminating), reason: status.NamespaceTerminating},
	} {
		t.Run(name, func(t *testing.T) {
			adopt, err := Judge(namespace(test.change), owner)
			assert.Equal(t, test.adopt, adopt)
			if test.reason == "" {
				require.NoError(t, err)
				return
			}
			var blocked *status.Blocked
			require.True(t, errors.As(err, &blocked), err)
			assert.Equal(t, test.reason, blocked.Reason)
			assert.Contains(t, blocked.Message, test.message)
		})
	}
}

func TestAnOwnerWithoutUIDHoldsNothing(t *testing.T) {
	assert.False(t, HeldBy(namespace(func(ns *corev1.Namespace) { ns.Annotations[v1alpha1.AnnotationOwnerUID] = "" }), ""))
	assert.False(t, HeldBy(nil, "1"))
}

func TestANameTooLongForALabelIsToldSo(t *testing.T) {
	_, err := Judge(namespace(func(*corev1.Namespace) {}), Owner{Kind: "project", Name: strings.Repeat("a", 56), UID: "1"})
	require.ErrorContains(t, err, "can't be handed over by label")
	_, err = Judge(namespace(func(*corev1.Namespace) {}), Owner{Kind: "project", Name: strings.Repeat("a", 55), UID: "1"})
	require.ErrorContains(t, err, "label it")
}

func TestNamespacesOfThePlatformAreProtected(t *testing.T) {
	for _, name := range []string{"default", "kube-system", "kube-public", "kube-node-lease", "kube-anything", "kube", "palette-system"} {
		assert.True(t, Protected(name, "palette-system"), name)
	}
	for _, name := range []string{"a", "kubeflow", "default-a", "palette-systems", "my-kube-system"} {
		assert.False(t, Protected(name, "palette-system"), name)
	}
}
