// SPDX-License-Identifier: Apache-2.0

// Package install registers every version of API group spectrocloud.com, the
// hub included, in a scheme. The server's composition root and round-trip
// tests call it; clients use the generated clientset's scheme instead.
package install

import (
	"k8s.io/apimachinery/pkg/runtime"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/apis/spectrocloud/v1beta1"
)

// Install registers the API group. Registration can only fail on a programming error, which any test that builds a
// scheme shows, so it panics like every scheme registration of Kubernetes.
func Install(scheme *runtime.Scheme) {
	utilruntime.Must(spectrocloud.AddToScheme(scheme))
	utilruntime.Must(v1alpha1.AddToScheme(scheme))
	utilruntime.Must(v1beta1.AddToScheme(scheme))
	utilruntime.Must(scheme.SetVersionPriority(v1alpha1.SchemeGroupVersion, v1beta1.SchemeGroupVersion))
}
