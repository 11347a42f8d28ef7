// SPDX-License-Identifier: Apache-2.0

package effectivesettings

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	apirequest "k8s.io/apiserver/pkg/endpoints/request"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

// held are the objects of a resource, by namespace and name. It implements rest.Getter.
type held struct {
	resource string
	objects  map[string]runtime.Object
	err      error
}

func (h held) Get(ctx context.Context, name string, _ *metav1.GetOptions) (runtime.Object, error) {
	if h.err != nil {
		return nil, h.err
	}
	if obj, ok := h.objects[apirequest.NamespaceValue(ctx)+"/"+name]; ok {
		return obj, nil
	}
	return nil, apierrors.NewNotFound(spectrocloud.Resource(h.resource), name)
}

type reference = spectrocloud.ResourceReference

// effective is what a Project with this reference gets under a Tenant with that, and with these Settings.
func effective(t *testing.T, project, tenant *reference, settings map[string]runtime.Object) *spectrocloud.EffectiveSettings {
	t.Helper()
	r := New(
		held{"projects", map[string]runtime.Object{"web/web": &spectrocloud.Project{ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: "web", UID: "1"},
			Spec: spectrocloud.ProjectSpec{TenantRef: spectrocloud.TenantReference{Name: "acme"}, SettingsRef: project}}}, nil},
		held{"tenants", map[string]runtime.Object{"/acme": &spectrocloud.Tenant{ObjectMeta: metav1.ObjectMeta{Name: "acme"}, Spec: spectrocloud.TenantSpec{SettingsRef: tenant}}}, nil},
		held{"settings", settings, nil})
	obj, err := r.Get(apirequest.WithNamespace(t.Context(), "web"), "web", &metav1.GetOptions{})
	require.NoError(t, err)
	return obj.(*spectrocloud.EffectiveSettings)
}

func TestSettingsAreFoundWhereTheReferencesSay(t *testing.T) {
	const field = "Palette.Tenant"
	settings := map[string]runtime.Object{}
	for _, namespace := range []string{"web", "acme", "palette-system"} {
		settings[namespace+"/s"] = with(namespace, namespace, field)
	}
	settings["acme/inherited"] = with("acme", "inherited", field)
	source := func(kind, namespace, name string, missing bool) spectrocloud.SettingsSource {
		return spectrocloud.SettingsSource{Kind: kind, Namespace: namespace, Name: name, Missing: missing}
	}
	for what, tc := range map[string]struct {
		project, tenant *reference
		want            string
		sources         []spectrocloud.SettingsSource
	}{
		"no reference at all":    {nil, nil, "", nil},
		"the Tenant's":           {nil, &reference{Name: "s", Namespace: "acme"}, "acme", []spectrocloud.SettingsSource{source("Tenant", "acme", "s", false)}},
		"the system's":           {nil, &reference{Name: "s", Namespace: "palette-system"}, "palette-system", []spectrocloud.SettingsSource{source("Tenant", "palette-system", "s", false)}},
		"its own, unsaid":        {&reference{Name: "s"}, nil, "web", []spectrocloud.SettingsSource{source("Project", "web", "s", false)}},
		"its Tenant's, unsaid":   {&reference{Name: "inherited"}, nil, "inherited", []spectrocloud.SettingsSource{source("Project", "acme", "inherited", false)}},
		"its Tenant's, said":     {&reference{Name: "s", Namespace: "acme"}, nil, "acme", []spectrocloud.SettingsSource{source("Project", "acme", "s", false)}},
		"none of those":          {&reference{Name: "x"}, nil, "", []spectrocloud.SettingsSource{source("Project", "web", "x", true)}},
		"not of where it says":   {&reference{Name: "inherited", Namespace: "web"}, nil, "", []spectrocloud.SettingsSource{source("Project", "web", "inherited", true)}},
		"its own, above another": {&reference{Name: "s"}, &reference{Name: "s", Namespace: "acme"}, "web", []spectrocloud.SettingsSource{source("Tenant", "acme", "s", false), source("Project", "web", "s", false)}},
		"missing, so the other":  {&reference{Name: "x"}, &reference{Name: "s", Namespace: "acme"}, "acme", []spectrocloud.SettingsSource{source("Tenant", "acme", "s", false), source("Project", "web", "x", true)}},
	} {
		t.Run(what, func(t *testing.T) {
			got := effective(t, tc.project, tc.tenant, settings)
			assert.Equal(t, metav1.ObjectMeta{Name: "web", Namespace: "web", UID: "1"}, got.ObjectMeta)
			assert.Equal(t, tc.sources, got.Sources)
			assert.Equal(t, tc.want, text(got.Integrations, field))
		})
	}
}

func TestWhatCantBeReadIsNotTakenForMissing(t *testing.T) {
	project := &spectrocloud.Project{ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: "web"},
		Spec: spectrocloud.ProjectSpec{TenantRef: spectrocloud.TenantReference{Name: "acme"}, SettingsRef: &reference{Name: "s"}}}
	none := held{"none", nil, nil}
	broken := held{"none", nil, errors.New("etcd is down")}
	projects := held{"projects", map[string]runtime.Object{"web/web": project}, nil}
	get := func(r *REST) (runtime.Object, error) {
		return r.Get(apirequest.WithNamespace(t.Context(), "web"), "web", &metav1.GetOptions{})
	}
	_, err := get(New(none, none, none))
	assert.True(t, apierrors.IsNotFound(err), "a Project that the caller can't see: %v", err)
	_, err = get(New(projects, broken, none))
	assert.ErrorContains(t, err, "reading Tenant acme: etcd is down")
	_, err = get(New(projects, none, broken))
	assert.ErrorContains(t, err, "reading Settings web/s: etcd is down")

	obj, err := get(New(projects, none, held{"settings", map[string]runtime.Object{"web/s": with("web", "own", "Palette.Tenant")}, nil}))
	require.NoError(t, err, "a Project may outlive its Tenant for a moment")
	assert.Equal(t, "own", text(obj.(*spectrocloud.EffectiveSettings).Integrations, "Palette.Tenant"))
}
