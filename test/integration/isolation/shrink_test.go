// SPDX-License-Identifier: Apache-2.0

package isolation

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/pkg/access"
	"spectrocloud.com/tenancy/test/integration/framework"
)

// TestRightsOnlyShrinkWhileANamespaceCantBeHemmedIn takes the quotas of a Tenant and its Project away, and has the cluster
// refuse new ones. Whoever is taken off then goes, whoever is new waits; and so do rules.
func TestRightsOnlyShrinkWhileANamespaceCantBeHemmedIn(t *testing.T) {
	p := newTenant(t, strict)
	staffed(t, p, "staff", "leaver")
	setViewerRules(t, p, `[{apiGroups: [""], resources: [pods, configmaps], verbs: [get, list]}]`)
	framework.Eventually(t, "rules of its own", func(ctx context.Context) error {
		return viewerMay(ctx, p, []rbacv1.PolicyRule{{APIGroups: []string{""}, Resources: []string{"pods", "configmaps"}, Verbs: []string{"get", "list"}}})
	})
	admit := refuseQuotas(t, p.namespace, p.tenant)
	for _, namespace := range []string{p.namespace, p.tenant} {
		require.NoError(t, cluster.Admin.Host.CoreV1().ResourceQuotas(namespace).Delete(t.Context(), access.ResourceQuotaName, metav1.DeleteOptions{}))
	}
	notReady(t, p, "AccessFailed")

	patchStaff(t, p, "staff", "newcomer")
	setViewerRules(t, p, `[{apiGroups: [""], resources: [pods, secrets], verbs: [get, create]}, {apiGroups: [apps], resources: [deployments], verbs: [get]}]`)
	only := []rbacv1.PolicyRule{{APIGroups: []string{""}, Resources: []string{"pods"}, Verbs: []string{"get"}}}
	framework.Eventually(t, "the leaver to be gone, and all that no rule gives any more", func(ctx context.Context) error {
		if err := letIn(ctx, p, "staff"); err != nil {
			return err
		}
		return viewerMay(ctx, p, only)
	})
	notReady(t, p, "AccessFailed") // It has looked at the newcomer as well.
	require.NoError(t, letIn(t.Context(), p, "staff"))
	require.NoError(t, viewerMay(t.Context(), p, only))

	patchStaff(t, p, "newcomer")
	framework.Eventually(t, "nobody to be left", func(ctx context.Context) error { return letIn(ctx, p) })

	admit()
	framework.Eventually(t, "the newcomer to be let in", func(ctx context.Context) error { return letIn(ctx, p, "newcomer") })
	framework.Eventually(t, "the rules to be the Tenant's", func(ctx context.Context) error {
		return viewerMay(ctx, p, []rbacv1.PolicyRule{
			{APIGroups: []string{""}, Resources: []string{"pods", "secrets"}, Verbs: []string{"get", "create"}},
			{APIGroups: []string{"apps"}, Resources: []string{"deployments"}, Verbs: []string{"get"}},
		})
	})
	cluster.ProjectReady(t, p.namespace)
}

// TestWhoIsTakenOffGoesWhateverBecameOfTheNamespace has the namespaces marked as somebody else's: by mistake, or by a restore.
func TestWhoIsTakenOffGoesWhateverBecameOfTheNamespace(t *testing.T) {
	p := newTenant(t, strict)
	staffed(t, p, "staff", "leaver")
	for _, namespace := range []string{p.namespace, p.tenant} {
		_, err := cluster.Admin.Host.CoreV1().Namespaces().Patch(t.Context(), namespace, types.MergePatchType,
			fmt.Appendf(nil, `{"metadata":{"annotations":{%q:"somebody"}}}`, v1alpha1.AnnotationOwnerUID), metav1.PatchOptions{})
		require.NoError(t, err)
	}
	notReady(t, p, "NamespaceTaken")
	patchStaff(t, p, "staff", "newcomer")
	framework.Eventually(t, "the leaver to be gone", func(ctx context.Context) error { return letIn(ctx, p, "staff") })
	notReady(t, p, "NamespaceTaken")
	require.NoError(t, letIn(t.Context(), p, "staff"))
}

// refuseQuotas has the cluster refuse new quotas in the namespaces, until admit is called.
func refuseQuotas(t *testing.T, namespaces ...string) (admit func()) {
	t.Helper()
	name, policies := framework.Name("no-quotas"), cluster.Admin.Host.AdmissionregistrationV1()
	_, err := policies.ValidatingAdmissionPolicies().Create(t.Context(), &admissionv1.ValidatingAdmissionPolicy{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: admissionv1.ValidatingAdmissionPolicySpec{
			MatchConstraints: &admissionv1.MatchResources{ResourceRules: []admissionv1.NamedRuleWithOperations{{RuleWithOperations: admissionv1.RuleWithOperations{
				Operations: []admissionv1.OperationType{admissionv1.Create},
				Rule:       admissionv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"resourcequotas"}},
			}}}},
			Validations: []admissionv1.Validation{{Expression: fmt.Sprintf("!(request.namespace in ['%s'])", strings.Join(namespaces, "', '")), Message: "no quotas here"}},
		},
	}, metav1.CreateOptions{})
	require.NoError(t, err)
	_, err = policies.ValidatingAdmissionPolicyBindings().Create(t.Context(), &admissionv1.ValidatingAdmissionPolicyBinding{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: admissionv1.ValidatingAdmissionPolicyBindingSpec{
			PolicyName: name, ValidationActions: []admissionv1.ValidationAction{admissionv1.Deny},
		},
	}, metav1.CreateOptions{})
	require.NoError(t, err)
	framework.Eventually(t, "the refusal in force", func(ctx context.Context) error {
		quota := &corev1.ResourceQuota{ObjectMeta: metav1.ObjectMeta{Name: "any"}}
		if _, err := cluster.Admin.Host.CoreV1().ResourceQuotas(namespaces[0]).Create(ctx, quota, metav1.CreateOptions{DryRun: dry}); err == nil {
			return fmt.Errorf("quotas can be created in %s", namespaces[0])
		}
		return nil
	})
	return func() {
		require.NoError(t, policies.ValidatingAdmissionPolicyBindings().Delete(t.Context(), name, metav1.DeleteOptions{}))
	}
}

// staffed gives the groups the place, and waits until they have it.
func staffed(t *testing.T, p place, groups ...string) {
	t.Helper()
	patchStaff(t, p, groups...)
	framework.Eventually(t, "the groups to be let in", func(ctx context.Context) error { return letIn(ctx, p, groups...) })
}

// patchStaff names who manages the Tenant, and the Project's admins: the same groups.
func patchStaff(t *testing.T, p place, groups ...string) {
	t.Helper()
	names, err := json.Marshal(groups)
	require.NoError(t, err)
	_, err = cluster.Admin.Tenants().Patch(t.Context(), p.tenant, types.MergePatchType, fmt.Appendf(nil, `{"spec":{"tenantRoleMapping":{"groups":%s}}}`, names), metav1.PatchOptions{})
	require.NoError(t, err)
	_, err = cluster.Admin.Projects(p.namespace).Patch(t.Context(), p.namespace, types.MergePatchType, fmt.Appendf(nil, `{"spec":{"roleMapping":{"admin":%s}}}`, names), metav1.PatchOptions{})
	require.NoError(t, err)
}

// letIn is an error unless these groups, and no others, are bound to every role of the place that they are to have.
func letIn(ctx context.Context, p place, groups ...string) error {
	want, found := fmt.Sprint(access.Subjects(groups)), map[string][]rbacv1.Subject{}
	rbac := cluster.Admin.Host.RbacV1()
	for name, namespace := range map[string]string{
		"prj-" + p.namespace + "-admin": p.namespace, "prj-" + p.namespace + "-tnt-adm": p.namespace,
		"prj-" + p.namespace + "-system-admin": "palette-system", p.tenant + "-tenant-viewer": p.tenant,
	} {
		list, err := rbac.RoleBindings(namespace).List(ctx, metav1.ListOptions{FieldSelector: "metadata.name=" + name})
		if err != nil {
			return err
		}
		found[name] = nil
		for _, binding := range list.Items {
			found[name] = binding.Subjects
		}
	}
	name := "tenant-" + p.tenant + "-create"
	list, err := rbac.ClusterRoleBindings().List(ctx, metav1.ListOptions{FieldSelector: "metadata.name=" + name})
	if err != nil {
		return err
	}
	found[name] = nil
	for _, binding := range list.Items {
		found[name] = binding.Subjects
	}
	for name, subjects := range found {
		if fmt.Sprint(subjects) != want {
			return fmt.Errorf("%s is bound to %v, and not to %s", name, subjects, want)
		}
	}
	return nil
}

func setViewerRules(t *testing.T, p place, rules string) {
	t.Helper()
	data, err := json.Marshal(map[string]any{"data": map[string]string{access.RulesKey: rules}})
	require.NoError(t, err)
	_, err = cluster.Admin.Host.CoreV1().ConfigMaps(p.tenant).Patch(t.Context(), access.Viewer.ConfigMap(), types.MergePatchType, data, metav1.PatchOptions{})
	require.NoError(t, err)
}

// viewerMay is an error unless these are the rules of the Project's viewers.
func viewerMay(ctx context.Context, p place, rules []rbacv1.PolicyRule) error {
	role, err := cluster.Admin.Host.RbacV1().Roles(p.namespace).Get(ctx, access.ProjectRole(p.namespace, access.Viewer), metav1.GetOptions{})
	if err == nil && !assert.ObjectsAreEqual(rules, role.Rules) {
		err = fmt.Errorf("the rules are %v, and not %v", role.Rules, rules)
	}
	return err
}

// notReady waits until Tenant and Project, as they are now, have been looked at and are not ready for that reason.
func notReady(t *testing.T, p place, reason string) {
	t.Helper()
	check := func(object metav1.Object, conditions []metav1.Condition) error {
		if ready := meta.FindStatusCondition(conditions, v1alpha1.ConditionReady); ready == nil || ready.Reason != reason || ready.ObservedGeneration != object.GetGeneration() {
			return fmt.Errorf("the conditions of %s are %v at generation %d", object.GetName(), conditions, object.GetGeneration())
		}
		return nil
	}
	framework.Eventually(t, "not to be ready for "+reason, func(ctx context.Context) error {
		tenant, err := cluster.Admin.Tenants().Get(ctx, p.tenant, metav1.GetOptions{})
		if err != nil {
			return err
		}
		if err := check(tenant, tenant.Status.Conditions); err != nil {
			return err
		}
		project, err := cluster.Admin.Projects(p.namespace).Get(ctx, p.namespace, metav1.GetOptions{})
		if err != nil {
			return err
		}
		return check(project, project.Status.Conditions)
	})
}
