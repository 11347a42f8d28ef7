// SPDX-License-Identifier: Apache-2.0

package access

import (
	rbacv1 "k8s.io/api/rbac/v1"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
)

// The verbs that "read" and "*" stand for in the documented tables. deletecollection is in neither.
var (
	read   = []string{"get", "list", "watch"}
	manage = []string{"get", "list", "watch", "create", "update", "patch", "delete"}
)

// FeatureFlags is the name of the ConfigMap in the system namespace that holds the platform's feature flags, as far as there
// are any. Members of Projects may read it.
const FeatureFlags = "feature-flags"

// ForProject returns what hems in the Project's namespace, and what the groups
// of the Project and of its Tenant may do: in that namespace, whose name is
// the Project's, and in the system namespace, where every tier only reads.
// rules holds the rules of every tier.
//
// Names in the system namespace, which all Projects share, hold the Project's
// whole name between a fixed prefix and the tier, so no two Projects meet.
func ForProject(project *v1alpha1.Project, tenant *v1alpha1.Tenant, rules Rules, systemNamespace string) Objects {
	var objects Objects
	labels := func() map[string]string { return ProjectLabels(tenant.Name, project.Name) }
	objects.isolate(project.Name, labels, tenant)
	objects.grantInNamespace(project.Name, "prj-"+project.Name+"-tnt-adm", labels(), tenantAdminRules(), tenant.Spec.TenantRoleMapping.Groups)
	for _, tier := range Tiers {
		objects.grantInNamespace(project.Name, ProjectRole(project.Name, tier), labels(), rules[tier], tier.groups(project.Spec.RoleMapping))
	}
	for _, tier := range Tiers {
		name := "prj-" + project.Name + "-system-" + string(tier)
		objects.grantInNamespace(systemNamespace, name, labels(), systemRules(), tier.groups(project.Spec.RoleMapping))
	}
	return objects
}

// ProjectRole is the name of a tier's Role and RoleBinding in the Project's namespace.
func ProjectRole(project string, tier Tier) string {
	return "prj-" + project + "-" + string(tier)
}

// tenantAdminRules are what a Tenant's groups may do in each of its Projects. Unlike those of the Project's own tiers
// they are not data: nobody in a Tenant can take them from its admins.
func tenantAdminRules() []rbacv1.PolicyRule {
	rule := func(group string, verbs []string, resources ...string) rbacv1.PolicyRule {
		return rbacv1.PolicyRule{APIGroups: []string{group}, Resources: resources, Verbs: verbs}
	}
	return []rbacv1.PolicyRule{
		rule("", manage, "configmaps", "events", "persistentvolumeclaims", "pods", "secrets", "services", "serviceaccounts"),
		rule("", read, "pods/log"),
		rule("apps", manage, "*"),
		rule("networking.k8s.io", manage, "networkpolicies"),
		rule("source.toolkit.fluxcd.io", manage, "helmrepositories", "ocirepositories"),
		rule(v1alpha1.GroupName, manage,
			"aiworkloads", "componentdefinitions", "computeconfigs", "computepoolevaluations", "computepools", "computes",
			"definitionrevisions", "environments", "policydefinitions", "profilebundles", "projects", "scalingpolicies", "settings",
			"traitdefinitions", "variablesets", "workloaddeployments", "workloadprofiles", "workloads"),
		rule(v1alpha1.GroupName, []string{"get"}, "projects/effectivesettings", "projects/gpuusage"),
		rule("fleetconfig.open-cluster-management.io", manage, "hubs", "spokes"),
	}
}

// systemRules are what every tier may read in the system namespace. Secrets are not among it, and of ConfigMaps the one with
// the feature flags alone: the others hold the rules that Tenants start from.
func systemRules() []rbacv1.PolicyRule {
	return []rbacv1.PolicyRule{
		{
			APIGroups: []string{v1alpha1.GroupName},
			Resources: []string{
				"componentdefinitions", "policydefinitions", "profilebundles", "scalingpolicies", "traitdefinitions", "workloadprofiles",
			},
			Verbs: read,
		},
		{APIGroups: []string{""}, Resources: []string{"configmaps"}, ResourceNames: []string{FeatureFlags}, Verbs: read},
	}
}
