// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
)

// TestWhatAPolicyRefusesIsNotDeletedInstead has a ClusterRole lose its labels, and a policy refuse to give them back. Its
// answer has the code of an update that is impossible, after which an object is replaced.
func TestWhatAPolicyRefusesIsNotDeletedInstead(t *testing.T) {
	t.Parallel()
	start(t, "policed")
	const role, policy = "tenant-policed-create", "no-labels"
	policies := host.AdmissionregistrationV1()
	_, err := policies.ValidatingAdmissionPolicies().Create(t.Context(), &admissionv1.ValidatingAdmissionPolicy{
		ObjectMeta: metav1.ObjectMeta{Name: policy},
		Spec: admissionv1.ValidatingAdmissionPolicySpec{
			MatchConstraints: &admissionv1.MatchResources{ResourceRules: []admissionv1.NamedRuleWithOperations{{
				ResourceNames: []string{role},
				RuleWithOperations: admissionv1.RuleWithOperations{
					Operations: []admissionv1.OperationType{admissionv1.Update},
					Rule:       admissionv1.Rule{APIGroups: []string{"rbac.authorization.k8s.io"}, APIVersions: []string{"v1"}, Resources: []string{"clusterroles"}},
				},
			}}},
			Validations: []admissionv1.Validation{{Expression: "!has(object.metadata.labels)", Message: "no labels here"}},
		},
	}, metav1.CreateOptions{})
	require.NoError(t, err)
	_, err = policies.ValidatingAdmissionPolicyBindings().Create(t.Context(), &admissionv1.ValidatingAdmissionPolicyBinding{
		ObjectMeta: metav1.ObjectMeta{Name: policy},
		Spec:       admissionv1.ValidatingAdmissionPolicyBindingSpec{PolicyName: policy, ValidationActions: []admissionv1.ValidationAction{admissionv1.Deny}},
	}, metav1.CreateOptions{})
	require.NoError(t, err)
	roles := host.RbacV1().ClusterRoles()
	eventually(t, func(c *assert.CollectT) {
		_, err := roles.Patch(t.Context(), role, types.MergePatchType, []byte(`{"metadata":{"annotations":{"a":"b"}}}`), metav1.PatchOptions{DryRun: []string{metav1.DryRunAll}})
		assert.ErrorContains(c, err, "no labels here")
	}, patience, "the policy in force")
	before, err := roles.Get(t.Context(), role, metav1.GetOptions{})
	require.NoError(t, err)

	require.NoError(t, patch(t, roles.Patch, role, `{"metadata":{"labels":null}}`))
	failed := waitTenant(t, "policed", v1alpha1.ConditionAccessReady, metav1.ConditionFalse, "AccessFailed")
	assert.Contains(t, failed.Message, "no labels here")
	after, err := roles.Get(t.Context(), role, metav1.GetOptions{})
	require.NoError(t, err, "the role is there, and with it what its groups may do")
	assert.Equal(t, before.UID, after.UID)

	require.NoError(t, policies.ValidatingAdmissionPolicyBindings().Delete(t.Context(), policy, metav1.DeleteOptions{}))
	waitAccess(t, "policed")
}
