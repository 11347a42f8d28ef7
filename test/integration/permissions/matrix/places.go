// SPDX-License-Identifier: Apache-2.0

package matrix

import "strings"

// Place is a namespace, or the cluster, and what people may do there.
type Place struct {
	Title string
	// Namespace is where, "" for the cluster.
	Namespace string
	// Verbs are those that are tried, where not all of Verbs.
	Verbs []string
	Rows  []Row
}

// Row is what people may do with the objects of a kind.
type Row struct {
	// Resource is that of Kubernetes, after its group and a slash where it has one: "secrets", "apps/deployments",
	// "spectrocloud.com/projects/gpuusage".
	Resource string
	// Name is that of the one object that the row is about. It is there before, and nobody changes it.
	Name string
	Levels
}

// VerbsOf are those that are tried of a row.
func (p Place) VerbsOf(row Row) []string {
	switch {
	case strings.HasSuffix(row.Resource, "/status"):
		return []string{"get", "update", "patch"}
	case strings.HasPrefix(row.Resource, group+"/") && strings.Count(row.Resource, "/") == 2:
		return []string{"get"}
	case p.Verbs != nil:
		return p.Verbs
	default:
		return Verbs
	}
}

// InProject returns the levels of a kind in the namespace of a Project, nobody's for one that has no row there.
func InProject(resource string) Levels {
	for _, row := range Places[0].Rows {
		if row.Resource == resource {
			return row.Levels
		}
	}
	return Levels{}
}

const (
	group = "spectrocloud.com"
	flux  = "source.toolkit.fluxcd.io"
	rbac  = "rbac.authorization.k8s.io"
)

// Viewer, Editor, Admin, TenantAdmin, OtherAdmin, Outsider, Nobody.
var (
	nobody             = Levels{None, None, None, None, None, None, None}
	tenantAdminsCreate = Levels{None, None, None, Create, Create, None, None}
	membersRead        = Levels{Read, Read, Read, None, None, None, None}
	editorsManage      = Levels{Read, Manage, Manage, Manage, None, None, None}
	adminsManage       = Levels{Read, Read, Manage, Manage, None, None, None}
	membersSee         = Levels{Read, Read, Read, Read, Hidden, Hidden, None}
	tenantAdminManages = Levels{None, None, None, Manage, None, None, None}
	otherAdminManages  = Levels{None, None, None, None, Manage, None, None}
)

// Places are all that is tried. The first is the namespace of a Project.
var Places = []Place{
	{Title: "In the Project's namespace", Namespace: Project, Rows: []Row{
		{Resource: group + "/projects", Levels: Levels{Read, Read, Change, Manage, Hidden, Hidden, None}},
		{Resource: group + "/projects/gpuusage", Levels: membersSee},
		{Resource: group + "/projects/effectivesettings", Levels: Levels{Read, Read, Read, Read, None, None, None}},
		{Resource: group + "/aiworkloads", Levels: editorsManage},
		{Resource: group + "/profilebundles", Levels: editorsManage},
		{Resource: group + "/workloadprofiles", Levels: editorsManage},
		{Resource: group + "/scalingpolicies", Levels: editorsManage},
		{Resource: group + "/computeconfigs", Levels: editorsManage},
		{Resource: group + "/computepools", Levels: adminsManage},
		{Resource: group + "/settings", Levels: adminsManage},
		{Resource: group + "/componentdefinitions", Levels: adminsManage},
		{Resource: group + "/traitdefinitions", Levels: adminsManage},
		{Resource: group + "/policydefinitions", Levels: adminsManage},
		{Resource: group + "/variablesets", Levels: adminsManage},
		{Resource: group + "/projects/status", Levels: nobody},
		{Resource: group + "/aiworkloads/status", Levels: nobody},
		{Resource: group + "/computepools/status", Levels: nobody},
		{Resource: group + "/scalingpolicies/status", Levels: nobody},
		{Resource: flux + "/helmrepositories", Levels: editorsManage},
		{Resource: flux + "/ocirepositories", Levels: editorsManage},
		{Resource: "secrets", Levels: Levels{None, Manage, Manage, Manage, Create, None, None}},
		{Resource: "configmaps", Levels: adminsManage},
		{Resource: "events", Levels: adminsManage},
		{Resource: "persistentvolumeclaims", Levels: adminsManage},
		{Resource: "pods", Levels: adminsManage},
		{Resource: "serviceaccounts", Levels: adminsManage},
		{Resource: "services", Levels: adminsManage},
		{Resource: "apps/deployments", Levels: adminsManage},
		{Resource: "apps/statefulsets", Levels: adminsManage},
		{Resource: "resourcequotas", Levels: nobody},
		{Resource: "limitranges", Levels: nobody},
		{Resource: rbac + "/roles", Levels: nobody},
		{Resource: rbac + "/rolebindings", Levels: nobody},
	}},
	{Title: "In another Project of the same Tenant", Namespace: Sibling, Rows: []Row{
		{Resource: group + "/projects", Levels: Levels{Hidden, Hidden, Hidden, Manage, Hidden, Hidden, None}},
		{Resource: group + "/projects/effectivesettings", Levels: Levels{None, None, None, Read, None, None, None}},
		{Resource: group + "/aiworkloads", Levels: tenantAdminManages},
		{Resource: group + "/computepools", Levels: tenantAdminManages},
		{Resource: group + "/settings", Levels: tenantAdminManages},
		{Resource: flux + "/helmrepositories", Levels: tenantAdminManages},
		{Resource: "secrets", Levels: Levels{None, None, None, Manage, Create, None, None}},
		{Resource: "configmaps", Levels: tenantAdminManages},
	}},
	{Title: "In a Project of another Tenant", Namespace: RivalProject, Rows: []Row{
		{Resource: group + "/projects", Levels: Levels{Hidden, Hidden, Hidden, Hidden, Manage, Hidden, None}},
		{Resource: group + "/projects/effectivesettings", Levels: Levels{None, None, None, None, Read, None, None}},
		{Resource: group + "/aiworkloads", Levels: otherAdminManages},
		{Resource: group + "/computepools", Levels: otherAdminManages},
		{Resource: group + "/settings", Levels: otherAdminManages},
		{Resource: flux + "/helmrepositories", Levels: otherAdminManages},
		{Resource: "secrets", Levels: Levels{None, None, None, Create, Manage, None, None}},
		{Resource: "configmaps", Levels: otherAdminManages},
	}},
	{Title: "In the Tenant's namespace", Namespace: Tenant, Rows: []Row{
		{Resource: group + "/settings", Levels: Levels{None, None, None, ReadCreate, None, None, None}},
		{Resource: "secrets", Levels: Levels{None, None, None, ReadCreate, Create, None, None}},
		{Resource: group + "/computeconfigs", Levels: Levels{None, None, None, Create, None, None, None}},
		{Resource: "configmaps", Levels: nobody},
		{Resource: "configmaps", Name: "project-rbac-viewer", Levels: nobody},
		{Resource: "configmaps", Name: "project-rbac-editor", Levels: nobody},
		{Resource: "configmaps", Name: "project-rbac-admin", Levels: nobody},
		{Resource: group + "/aiworkloads", Levels: nobody},
		{Resource: group + "/profilebundles", Levels: nobody},
		{Resource: group + "/componentdefinitions", Levels: nobody},
		{Resource: group + "/variablesets", Levels: nobody},
		{Resource: "pods", Levels: nobody},
		{Resource: "serviceaccounts", Levels: nobody},
		{Resource: rbac + "/roles", Levels: nobody},
		{Resource: rbac + "/rolebindings", Levels: nobody},
	}},
	{Title: "In the system namespace", Namespace: System, Rows: []Row{
		{Resource: group + "/componentdefinitions", Levels: membersRead},
		{Resource: group + "/traitdefinitions", Levels: membersRead},
		{Resource: group + "/policydefinitions", Levels: membersRead},
		{Resource: group + "/scalingpolicies", Levels: membersRead},
		{Resource: group + "/profilebundles", Levels: membersRead},
		{Resource: group + "/workloadprofiles", Levels: membersRead},
		{Resource: "configmaps", Name: "feature-flags", Levels: membersRead},
		{Resource: "configmaps", Name: "project-rbac-viewer", Levels: nobody},
		{Resource: "configmaps", Name: "project-rbac-editor", Levels: nobody},
		{Resource: "configmaps", Name: "project-rbac-admin", Levels: nobody},
		{Resource: "configmaps", Levels: nobody},
		{Resource: "secrets", Levels: nobody},
		{Resource: group + "/settings", Levels: nobody},
		{Resource: group + "/computeconfigs", Levels: nobody},
		{Resource: group + "/variablesets", Levels: nobody},
		{Resource: group + "/aiworkloads", Levels: nobody},
		{Resource: flux + "/helmrepositories", Levels: nobody},
		{Resource: "pods", Levels: nobody},
		{Resource: "serviceaccounts", Levels: nobody},
		{Resource: rbac + "/roles", Levels: nobody},
		{Resource: rbac + "/rolebindings", Levels: nobody},
	}},
	{Title: "In Kubernetes' own namespaces", Namespace: "kube-system", Rows: []Row{
		{Resource: "secrets", Levels: nobody},
		{Resource: group + "/settings", Levels: nobody},
		{Resource: "configmaps", Levels: nobody},
		{Resource: "pods", Levels: nobody},
	}},
	{Title: "In any other namespace", Namespace: "default", Rows: []Row{
		{Resource: "secrets", Levels: tenantAdminsCreate},
		{Resource: group + "/settings", Levels: nobody},
		{Resource: group + "/computeconfigs", Levels: nobody},
		{Resource: group + "/profilebundles", Levels: nobody},
		{Resource: "configmaps", Levels: nobody},
		{Resource: "pods", Levels: nobody},
		{Resource: rbac + "/rolebindings", Levels: nobody},
	}},
	{Title: "In the cluster", Rows: []Row{
		{Resource: group + "/tenants", Name: Tenant, Levels: membersSee},
		{Resource: group + "/tenants/gpuusage", Name: Tenant, Levels: membersSee},
		{Resource: group + "/tenants/status", Name: Tenant, Levels: nobody},
		{Resource: group + "/tenants", Name: Rival, Levels: Levels{Hidden, Hidden, Hidden, Hidden, Read, Hidden, None}},
		{Resource: group + "/tenants/gpuusage", Name: Rival, Levels: Levels{Hidden, Hidden, Hidden, Hidden, Read, Hidden, None}},
		{Resource: "namespaces", Name: Project, Levels: nobody},
		{Resource: "nodes", Levels: nobody},
		{Resource: "persistentvolumes", Levels: nobody},
		{Resource: rbac + "/clusterroles", Name: "cluster-admin", Levels: nobody},
		{Resource: rbac + "/clusterrolebindings", Name: "cluster-admin", Levels: nobody},
		{Resource: "apiextensions.k8s.io/customresourcedefinitions", Name: "helmrepositories." + flux, Levels: nobody},
		{Resource: "apiregistration.k8s.io/apiservices", Name: "v1alpha1." + group, Levels: nobody},
	}},
	{Title: "In all namespaces at once", Verbs: []string{"list", "watch"}, Rows: []Row{
		{Resource: group + "/projects", Name: Project, Levels: membersSee},
		{Resource: group + "/projects", Name: RivalProject, Levels: Levels{Hidden, Hidden, Hidden, Hidden, Read, Hidden, None}},
		{Resource: group + "/aiworkloads", Levels: nobody},
		{Resource: group + "/computepools", Levels: nobody},
		{Resource: group + "/computeconfigs", Levels: nobody},
		{Resource: group + "/settings", Levels: nobody},
		{Resource: group + "/scalingpolicies", Levels: nobody},
		{Resource: group + "/profilebundles", Levels: nobody},
		{Resource: group + "/workloadprofiles", Levels: nobody},
		{Resource: group + "/componentdefinitions", Levels: nobody},
		{Resource: group + "/traitdefinitions", Levels: nobody},
		{Resource: group + "/policydefinitions", Levels: nobody},
		{Resource: group + "/variablesets", Levels: nobody},
		{Resource: flux + "/helmrepositories", Levels: nobody},
		{Resource: flux + "/ocirepositories", Levels: nobody},
		{Resource: "secrets", Levels: nobody},
		{Resource: "configmaps", Levels: nobody},
		{Resource: "pods", Levels: nobody},
		{Resource: "apps/deployments", Levels: nobody},
	}},
}
