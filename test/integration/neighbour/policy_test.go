// SPDX-License-Identifier: Apache-2.0

package neighbour

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"spectrocloud.com/tenancy/test/integration/framework"
)

// TestPoliciesOfOthersDontLimitTheRateOfProjects has a policy about Pods of some namespaces, as most clusters have. For each Project
// whose namespace isn't there yet, the server asks kube-apiserver for its labels: by the 5 requests a second that clients
// allow themselves by default, this would take 18 seconds.
func TestPoliciesOfOthersDontLimitTheRateOfProjects(t *testing.T) {
	useCluster(t)
	const projects, limit = 100, 9 * time.Second
	tenant, _ := newTenant(t)
	refuse(t, "pods-of-others", admissionv1.MatchResources{
		NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"example.com/guarded": "true"}},
		ResourceRules:     created("", "pods"),
	})
	last := framework.Name("last")
	rules := created("spectrocloud.com", "tenants")
	rules[0].ResourceNames = []string{last}
	refuse(t, last, admissionv1.MatchResources{ResourceRules: rules})
	framework.Eventually(t, "the server to know the policies", func(ctx context.Context) error {
		_, err := cluster.Admin.Tenants().Create(ctx, framework.Tenant(last, last), metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		if !apierrors.IsInvalid(err) {
			return errors.Join(errors.New("the last one is not in force"), err)
		}
		return nil
	})

	began := time.Now()
	var creating errgroup.Group
	creating.SetLimit(8)
	for range projects {
		creating.Go(func() error {
			project := framework.Project(framework.Name("none"), tenant)
			_, err := cluster.Admin.Projects(project.Name).Create(t.Context(), project, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
			return err
		})
	}
	require.NoError(t, creating.Wait())
	assert.Less(t, time.Since(began), limit)
}

// created are creates of a resource.
func created(group, resource string) []admissionv1.NamedRuleWithOperations {
	return []admissionv1.NamedRuleWithOperations{{RuleWithOperations: admissionv1.RuleWithOperations{
		Operations: []admissionv1.OperationType{admissionv1.Create},
		Rule:       admissionv1.Rule{APIGroups: []string{group}, APIVersions: []string{"*"}, Resources: []string{resource}},
	}}}
}

// refuse makes a policy that refuses what matches, until the test ends.
func refuse(t *testing.T, name string, what admissionv1.MatchResources) {
	t.Helper()
	api := cluster.Admin.Host.AdmissionregistrationV1()
	policies, bindings := api.ValidatingAdmissionPolicies(), api.ValidatingAdmissionPolicyBindings()
	_, err := policies.Create(t.Context(), &admissionv1.ValidatingAdmissionPolicy{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       admissionv1.ValidatingAdmissionPolicySpec{MatchConstraints: &what, Validations: []admissionv1.Validation{{Expression: "false"}}},
	}, metav1.CreateOptions{})
	require.NoError(t, err)
	_, err = bindings.Create(t.Context(), &admissionv1.ValidatingAdmissionPolicyBinding{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       admissionv1.ValidatingAdmissionPolicyBindingSpec{PolicyName: name, ValidationActions: []admissionv1.ValidationAction{admissionv1.Deny}},
	}, metav1.CreateOptions{})
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		assert.NoError(t, errors.Join(bindings.Delete(ctx, name, metav1.DeleteOptions{}), policies.Delete(ctx, name, metav1.DeleteOptions{})))
	})
}
