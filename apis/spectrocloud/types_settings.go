// SPDX-License-Identifier: Apache-2.0

package spectrocloud

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// Settings hold the integrations of a Tenant or a Project with other services, at most one per service. A Tenant's are the
// default of its Projects; a Project's take precedence, field by field. A Secret goes with the host that it is for: a Project
// that names another hostURL or endpoint than its Tenant does not inherit the Secret.
type Settings struct {
	metav1.TypeMeta
	metav1.ObjectMeta

	Spec SettingsSpec
}

// SettingsSpec is what Settings are meant to be.
type SettingsSpec struct {
	DisplayName  string
	Description  string
	Integrations Integrations
}

// Integrations are the services to integrate with, each at most once.
type Integrations struct {
	Palette     *PaletteIntegration
	HuggingFace *HuggingFaceIntegration
	NVIDIANGC   *NVIDIANGCIntegration
}

// PaletteIntegration is how to reach Palette.
type PaletteIntegration struct {
	SecretRef        *SecretKeyReference
	HostURL          string
	Tenant           string
	DefaultProjectID string
}

// HuggingFaceIntegration is how to reach Hugging Face.
type HuggingFaceIntegration struct {
	SecretRef *SecretKeyReference
	Endpoint  string
}

// NVIDIANGCIntegration is how to reach NVIDIA NGC.
type NVIDIANGCIntegration struct {
	SecretRef    *SecretKeyReference
	Organization string
	Team         string
}

// SecretKeyReference names a key of a Secret. The server never reads it.
type SecretKeyReference struct {
	Name      string
	Namespace string
	Key       string
}

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// SettingsList is a list of Settings.
type SettingsList struct {
	metav1.TypeMeta
	metav1.ListMeta

	Items []Settings
}

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// EffectiveSettings are the integrations that hold in a Project at this moment: those of its Tenant's Settings, overridden
// field by field by those of its own. They are computed for each request, never stored, and hold no secret.
type EffectiveSettings struct {
	metav1.TypeMeta
	metav1.ObjectMeta

	Integrations Integrations
	Sources      []SettingsSource
}

// SettingsSource are Settings that a Tenant or a Project names.
type SettingsSource struct {
	Kind      string
	Namespace string
	Name      string
	Missing   bool
}
