// SPDX-License-Identifier: Apache-2.0

package effectivesettings

import (
	"cmp"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

// merge is base overridden, field by field, by over; nil stands for none. A Secret goes with the host that it is for.
func merge(base, over *spectrocloud.Settings) spectrocloud.Integrations {
	lower, upper := resolved(base), resolved(over)
	return spectrocloud.Integrations{
		Palette: both(lower.Palette, upper.Palette, func(base, over *spectrocloud.PaletteIntegration) *spectrocloud.PaletteIntegration {
			return &spectrocloud.PaletteIntegration{
				SecretRef:        credentials(over.SecretRef, base.SecretRef, over.HostURL, base.HostURL),
				HostURL:          cmp.Or(over.HostURL, base.HostURL),
				Tenant:           cmp.Or(over.Tenant, base.Tenant),
				DefaultProjectID: cmp.Or(over.DefaultProjectID, base.DefaultProjectID),
			}
		}),
		HuggingFace: both(lower.HuggingFace, upper.HuggingFace, func(base, over *spectrocloud.HuggingFaceIntegration) *spectrocloud.HuggingFaceIntegration {
			return &spectrocloud.HuggingFaceIntegration{
				SecretRef: credentials(over.SecretRef, base.SecretRef, over.Endpoint, base.Endpoint),
				Endpoint:  cmp.Or(over.Endpoint, base.Endpoint),
			}
		}),
		NVIDIANGC: both(lower.NVIDIANGC, upper.NVIDIANGC, func(base, over *spectrocloud.NVIDIANGCIntegration) *spectrocloud.NVIDIANGCIntegration {
			return &spectrocloud.NVIDIANGCIntegration{
				SecretRef:    cmp.Or(over.SecretRef, base.SecretRef),
				Organization: cmp.Or(over.Organization, base.Organization),
				Team:         cmp.Or(over.Team, base.Team),
			}
		}),
	}
}

// credentials are those of over, or else of base, unless over names a host of its own: whoever may write a Project's Settings
// would have the Tenant's credentials sent there.
func credentials(over, base *spectrocloud.SecretKeyReference, overHost, baseHost string) *spectrocloud.SecretKeyReference {
	if over == nil && overHost != "" && overHost != baseHost {
		return nil
	}
	return cmp.Or(over, base)
}

// both merges what is on both sides; what is on one side only is taken as it is.
func both[T any](base, over *T, merge func(base, over *T) *T) *T {
	if base == nil || over == nil {
		return cmp.Or(over, base)
	}
	return merge(base, over)
}

// resolved are the integrations of Settings, each reference to a Secret with the namespace and the key that it stands for:
// once merged, nothing tells any more which Settings it comes from.
func resolved(settings *spectrocloud.Settings) spectrocloud.Integrations {
	if settings == nil {
		return spectrocloud.Integrations{}
	}
	integrations := settings.DeepCopy().Spec.Integrations
	resolve := func(ref *spectrocloud.SecretKeyReference, key string) {
		if ref != nil {
			ref.Namespace, ref.Key = settings.Namespace, cmp.Or(ref.Key, key)
		}
	}
	if palette := integrations.Palette; palette != nil {
		resolve(palette.SecretRef, "palette")
	}
	if hub := integrations.HuggingFace; hub != nil {
		resolve(hub.SecretRef, "huggingFace")
	}
	if ngc := integrations.NVIDIANGC; ngc != nil {
		resolve(ngc.SecretRef, "nvidiaNGC")
	}
	return integrations
}
