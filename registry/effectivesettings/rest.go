// SPDX-License-Identifier: Apache-2.0

package effectivesettings

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	apirequest "k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

// REST serves projects/effectivesettings. Its Projects are those that the caller may see; Tenants and Settings are read
// whoever calls, since what the Project inherits is the caller's to know.
type REST struct {
	tableConvertor
	projects, tenants, settings rest.Getter
}

var (
	_ rest.Getter         = &REST{}
	_ rest.TableConvertor = &REST{}
)

// New returns projects/effectivesettings, computed from the objects that the getters return.
func New(projects, tenants, settings rest.Getter) *REST {
	return &REST{projects: projects, tenants: tenants, settings: settings}
}

// New implements rest.Storage.
func (*REST) New() runtime.Object { return &spectrocloud.EffectiveSettings{} }

// Destroy implements rest.Storage: there is nothing of its own to close.
func (*REST) Destroy() {}

// Get implements rest.Getter.
func (r *REST) Get(ctx context.Context, name string, options *metav1.GetOptions) (runtime.Object, error) {
	obj, err := r.projects.Get(ctx, name, options)
	if err != nil {
		return nil, err
	}
	project := obj.(*spectrocloud.Project)
	effective := &spectrocloud.EffectiveSettings{ObjectMeta: metav1.ObjectMeta{
		Name: project.Name, Namespace: project.Namespace, UID: project.UID, CreationTimestamp: project.CreationTimestamp,
	}}
	inherited, err := r.ofTenant(ctx, project.Spec.TenantRef.Name, effective)
	if err != nil {
		return nil, err
	}
	own, err := r.ofProject(ctx, project, effective)
	if err != nil {
		return nil, err
	}
	effective.Integrations = merge(inherited, own)
	return effective, nil
}

// ofTenant finds the Settings that the Tenant names; nil for none.
func (r *REST) ofTenant(ctx context.Context, name string, effective *spectrocloud.EffectiveSettings) (*spectrocloud.Settings, error) {
	obj, err := r.tenants.Get(apirequest.WithNamespace(ctx, ""), name, &metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading Tenant %s: %w", name, err)
	}
	tenant := obj.(*spectrocloud.Tenant)
	if tenant.Spec.SettingsRef == nil {
		return nil, nil
	}
	return r.find(ctx, "Tenant", tenant.Spec.SettingsRef.Name, effective, tenant.Spec.SettingsRef.Namespace)
}

// ofProject finds the Settings that the Project names: without a namespace in its own, then in its Tenant's (seed 000 gives
// a Project and its Tenant the same reference).
func (r *REST) ofProject(ctx context.Context, project *spectrocloud.Project, effective *spectrocloud.EffectiveSettings) (*spectrocloud.Settings, error) {
	ref := project.Spec.SettingsRef
	if ref == nil {
		return nil, nil
	}
	if ref.Namespace != "" {
		return r.find(ctx, "Project", ref.Name, effective, ref.Namespace)
	}
	return r.find(ctx, "Project", ref.Name, effective, project.Namespace, project.Spec.TenantRef.Name)
}

// find returns the Settings of the first namespace that has them, and notes which they are, or that there are none.
func (r *REST) find(ctx context.Context, kind, name string, effective *spectrocloud.EffectiveSettings, namespaces ...string) (*spectrocloud.Settings, error) {
	source := spectrocloud.SettingsSource{Kind: kind, Namespace: namespaces[0], Name: name, Missing: true}
	var found *spectrocloud.Settings
	for _, namespace := range namespaces {
		obj, err := r.settings.Get(apirequest.WithNamespace(ctx, namespace), name, &metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("reading Settings %s/%s: %w", namespace, name, err)
		}
		found = obj.(*spectrocloud.Settings)
		source.Namespace, source.Missing = namespace, false
		break
	}
	effective.Sources = append(effective.Sources, source)
	return found, nil
}
