// SPDX-License-Identifier: Apache-2.0

package effectivesettings

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

// tableConvertor prints effective settings, a row per field. It implements rest.TableConvertor.
type tableConvertor struct{}

// ConvertToTable implements rest.TableConvertor.
func (tableConvertor) ConvertToTable(_ context.Context, object, options runtime.Object) (*metav1.Table, error) {
	settings, ok := object.(*spectrocloud.EffectiveSettings)
	if !ok {
		return nil, fmt.Errorf("can't print a %T in a table of %T", object, settings)
	}
	table := &metav1.Table{}
	if opts, ok := options.(*metav1.TableOptions); !ok || !opts.NoHeaders {
		table.ColumnDefinitions = []metav1.TableColumnDefinition{
			{Name: "Integration", Type: "string", Description: "The service."},
			{Name: "Field", Type: "string", Description: "What is set of it."},
			{Name: "Value", Type: "string", Description: "What holds in the Project: of a Secret its namespace, name and key."},
		}
	}
	row := func(integration, field, value string) {
		if value != "" {
			table.Rows = append(table.Rows, metav1.TableRow{Cells: []any{integration, field, value}, Object: runtime.RawExtension{Object: settings}})
		}
	}
	if palette := settings.Integrations.Palette; palette != nil {
		row("palette", "secretRef", secret(palette.SecretRef))
		row("palette", "hostURL", palette.HostURL)
		row("palette", "tenant", palette.Tenant)
		row("palette", "defaultProjectID", palette.DefaultProjectID)
	}
	if hub := settings.Integrations.HuggingFace; hub != nil {
		row("huggingFace", "secretRef", secret(hub.SecretRef))
		row("huggingFace", "endpoint", hub.Endpoint)
	}
	if ngc := settings.Integrations.NVIDIANGC; ngc != nil {
		row("nvidiaNGC", "secretRef", secret(ngc.SecretRef))
		row("nvidiaNGC", "organization", ngc.Organization)
		row("nvidiaNGC", "team", ngc.Team)
	}
	return table, nil
}

func secret(ref *spectrocloud.SecretKeyReference) string {
	if ref == nil {
		return ""
	}
	return ref.Namespace + "/" + ref.Name + ":" + ref.Key
}
