// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"context"
	"errors"
	"fmt"
	"io"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/admission/initializer"
	"k8s.io/apiserver/pkg/admission/plugin/namespace/lifecycle"
	genericoptions "k8s.io/apiserver/pkg/server/options"
	"k8s.io/client-go/informers"
	corelisters "k8s.io/client-go/listers/core/v1"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

// projectLifecycleName is the admission plugin that stands in for NamespaceLifecycle where Projects, and what only lives in
// one, are concerned.
const projectLifecycleName = "ProjectLifecycle"

// admitProjects makes Projects, whose namespace is made for them, an exception to NamespaceLifecycle, which refuses
// whatever is created in a namespace that does not exist. GPU consumers are another: the ledger sees to it that they have a
// Project, which may be a moment ahead of its namespace. All else may precede a namespace that is claimed.
func admitProjects(options *genericoptions.AdmissionOptions, claims *claims) {
	options.Plugins.Register(projectLifecycleName, func(io.Reader) (admission.Interface, error) {
		return &projectLifecycle{Handler: admission.NewHandler(admission.Create)}, nil
	})
	options.RecommendedPluginOrder = append([]string{projectLifecycleName}, options.RecommendedPluginOrder...)
	options.Decorators = append(options.Decorators, admission.DecoratorFunc(func(plugin admission.Interface, name string) admission.Interface {
		if mutation, ok := plugin.(admission.MutationInterface); ok && name == lifecycle.PluginName {
			return exceptProjects{mutation, claims}
		}
		return plugin
	}))
}

func precedesNamespace(a admission.Attributes) bool {
	switch a.GetKind().GroupKind() {
	case spectrocloud.Kind("Project"), spectrocloud.Kind("ComputePool"), spectrocloud.Kind("AIWorkload"):
		return true
	}
	return false
}

// claims tell whether a Tenant or a Project has claimed a namespace, which is made for it then. The server has them before
// it admits anything; admission is configured earlier.
type claims struct {
	claimed func(ctx context.Context, namespace string) (bool, error)
}

// exceptProjects is a plugin that what may precede its namespace passes by, and whose word that a namespace is not there
// does not count if it is about to be: a Tenant, a Project and what is in them can be applied at once.
type exceptProjects struct {
	admission.MutationInterface
	claims *claims
}

// Admit implements admission.MutationInterface.
func (e exceptProjects) Admit(ctx context.Context, a admission.Attributes, o admission.ObjectInterfaces) error {
	if precedesNamespace(a) {
		return nil
	}
	missing := e.MutationInterface.Admit(ctx, a, o)
	if !apierrors.IsNotFound(missing) {
		return missing
	}
	claimed, err := e.claims.claimed(ctx, a.GetNamespace())
	if err != nil {
		return apierrors.NewInternalError(err)
	}
	if !claimed {
		return missing
	}
	return nil
}

// projectLifecycle refuses what is created in a namespace that is going away: the namespace controller would delete it, too.
type projectLifecycle struct {
	*admission.Handler
	namespaces corelisters.NamespaceLister
}

var (
	_ admission.ValidationInterface                = &projectLifecycle{}
	_ admission.InitializationValidator            = &projectLifecycle{}
	_ initializer.WantsExternalKubeInformerFactory = &projectLifecycle{}
)

// SetExternalKubeInformerFactory implements initializer.WantsExternalKubeInformerFactory.
func (p *projectLifecycle) SetExternalKubeInformerFactory(factory informers.SharedInformerFactory) {
	namespaces := factory.Core().V1().Namespaces()
	p.namespaces = namespaces.Lister()
	p.SetReadyFunc(namespaces.Informer().HasSynced)
}

// ValidateInitialization implements admission.InitializationValidator.
func (p *projectLifecycle) ValidateInitialization() error {
	if p.namespaces == nil {
		return errors.New("missing the lister of namespaces")
	}
	return nil
}

// Validate implements admission.ValidationInterface.
func (p *projectLifecycle) Validate(_ context.Context, a admission.Attributes, _ admission.ObjectInterfaces) error {
	if !precedesNamespace(a) || a.GetSubresource() != "" {
		return nil
	}
	if !p.WaitForReady() {
		return admission.NewForbidden(a, errors.New("the server has not read the cluster's namespaces yet: try again"))
	}
	if namespace, err := p.namespaces.Get(a.GetNamespace()); err == nil && namespace.Status.Phase == corev1.NamespaceTerminating {
		return admission.NewForbidden(a, fmt.Errorf("namespace %q is being deleted: create the %s again when it is gone", namespace.Name, a.GetKind().Kind))
	}
	return nil
}
