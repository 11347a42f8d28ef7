// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import "k8s.io/apimachinery/pkg/runtime"

func addDefaultingFuncs(scheme *runtime.Scheme) error {
	return RegisterDefaults(scheme)
}

// SetDefaults_Tenant points a Settings reference without a namespace at the Tenant's own.
func SetDefaults_Tenant(tenant *Tenant) {
	if ref := tenant.Spec.SettingsRef; ref != nil && ref.Namespace == "" {
		ref.Namespace = tenant.Name
	}
}

// SetDefaults_Project points a ComputeConfig reference without a namespace at the Project's own. A Settings reference
// stays as written: without a namespace it is looked up in the Project's, then in its Tenant's.
func SetDefaults_Project(project *Project) {
	if ref := project.Spec.ComputeConfigRef; ref != nil && ref.Namespace == "" {
		ref.Namespace = project.Namespace
	}
}
