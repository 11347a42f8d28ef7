// SPDX-License-Identifier: Apache-2.0

package effectivesettings

import (
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

// fields are those of all integrations, by path, so that none can be forgotten below.
func fields() []string {
	var all []string
	integrations := reflect.TypeFor[spectrocloud.Integrations]()
	for i := range integrations.NumField() {
		integration := integrations.Field(i)
		for j := range integration.Type.Elem().NumField() {
			all = append(all, integration.Name+"."+integration.Type.Elem().Field(j).Name)
		}
	}
	return all
}

// at is the field of an integration, which is made if it is not there.
func at(settings *spectrocloud.Settings, path string) reflect.Value {
	integration, field, _ := strings.Cut(path, ".")
	of := reflect.ValueOf(&settings.Spec.Integrations).Elem().FieldByName(integration)
	if of.IsNil() {
		of.Set(reflect.New(of.Type().Elem()))
	}
	return of.Elem().FieldByName(field)
}

// value is one for a field, told from others by its text.
func value(of reflect.Type, text string) reflect.Value {
	if of == reflect.TypeFor[*spectrocloud.SecretKeyReference]() {
		return reflect.ValueOf(&spectrocloud.SecretKeyReference{Name: text})
	}
	return reflect.ValueOf(text)
}

// with are Settings in namespace that have these fields.
func with(namespace, text string, paths ...string) *spectrocloud.Settings {
	settings := &spectrocloud.Settings{ObjectMeta: metav1.ObjectMeta{Namespace: namespace}}
	for _, path := range paths {
		field := at(settings, path)
		field.Set(value(field.Type(), text))
	}
	return settings
}

// text is what a field of the effective integrations says.
func text(effective spectrocloud.Integrations, path string) string {
	field := at(&spectrocloud.Settings{Spec: spectrocloud.SettingsSpec{Integrations: effective}}, path)
	if ref, ok := field.Interface().(*spectrocloud.SecretKeyReference); ok {
		if ref == nil {
			return ""
		}
		return ref.Name
	}
	return field.String()
}

// secretOf are the Secrets that go with a host.
var secretOf = map[string]string{"Palette.HostURL": "Palette.SecretRef", "HuggingFace.Endpoint": "HuggingFace.SecretRef"}

func TestATenantsCredentialsGoToItsOwnHostOnly(t *testing.T) {
	for host, secret := range secretOf {
		tenant := with("acme", "tenants", host, secret)
		assert.Empty(t, text(merge(tenant, with("web", "evil", host)), secret))
		assert.Equal(t, "tenants", text(merge(tenant, with("web", "tenants", host)), secret), "the same host")
		assert.Equal(t, "projects", text(merge(tenant, with("web", "projects", host, secret)), secret))
	}
}

func TestAProjectsFieldComesBeforeItsTenants(t *testing.T) {
	all := fields()
	require.Len(t, all, 9)
	for _, path := range all {
		tenant := with("acme", "tenants", all...)
		effective := merge(tenant, with("web", "projects", path))
		for _, other := range all {
			want := "tenants"
			switch {
			case other == path:
				want = "projects"
			case other == secretOf[path]:
				want = "" // It is not for that host.
			}
			assert.Equal(t, want, text(effective, other), "%s where the Project has %s", other, path)
		}
		assert.Equal(t, "projects", text(merge(with("acme", "tenants", path), with("web", "projects", all...)), path))
		assert.Equal(t, "tenants", text(merge(tenant, nil), path))
		assert.Equal(t, "projects", text(merge(nil, with("web", "projects", all...)), path))
		assert.Equal(t, with("acme", "tenants", all...), tenant, "what is stored stays as it is")
	}
	assert.Zero(t, merge(nil, nil))
}

func TestASecretIsSaidWithTheNamespaceAndTheKeyThatItStandsFor(t *testing.T) {
	for _, path := range fields() {
		integration, field, _ := strings.Cut(path, ".")
		if field != "SecretRef" {
			continue
		}
		key := strings.ToLower(integration[:1]) + integration[1:]
		if integration == "NVIDIANGC" {
			key = "nvidiaNGC"
		}
		effective := merge(with("acme", "secret", path), nil)
		got := at(&spectrocloud.Settings{Spec: spectrocloud.SettingsSpec{Integrations: effective}}, path).Interface()
		assert.Equal(t, &spectrocloud.SecretKeyReference{Name: "secret", Namespace: "acme", Key: key}, got, path)

		own := with("web", "own", path)
		at(own, path).Interface().(*spectrocloud.SecretKeyReference).Key = "token"
		effective = merge(with("acme", "secret", path), own)
		got = at(&spectrocloud.Settings{Spec: spectrocloud.SettingsSpec{Integrations: effective}}, path).Interface()
		assert.Equal(t, &spectrocloud.SecretKeyReference{Name: "own", Namespace: "web", Key: "token"}, got, "a reference is taken as a whole")
	}
}

func TestTheTableHasARowForEachField(t *testing.T) {
	all := fields()
	effective := &spectrocloud.EffectiveSettings{Integrations: merge(nil, with("web", "text", all...))}
	table, err := tableConvertor{}.ConvertToTable(t.Context(), effective, nil)
	require.NoError(t, err)
	require.Len(t, table.Rows, len(all))
	for i, path := range all {
		row := table.Rows[i].Cells
		assert.Equal(t, strings.ToLower(path), strings.ToLower(row[0].(string)+"."+row[1].(string)))
		want := "text"
		if strings.HasSuffix(path, "SecretRef") {
			want = "web/text:" + row[0].(string)
		}
		assert.Equal(t, want, row[2])
		assert.Len(t, row, len(table.ColumnDefinitions))
	}
	for i := range all {
		table, err := tableConvertor{}.ConvertToTable(t.Context(), &spectrocloud.EffectiveSettings{Integrations: merge(nil, with("web", "text", all[i]))}, &metav1.TableOptions{NoHeaders: true})
		require.NoError(t, err)
		assert.Len(t, table.Rows, 1, "what is not set has no row")
		assert.Empty(t, table.ColumnDefinitions)
	}
	_, err = tableConvertor{}.ConvertToTable(t.Context(), &spectrocloud.Settings{}, nil)
	assert.Error(t, err)
}
