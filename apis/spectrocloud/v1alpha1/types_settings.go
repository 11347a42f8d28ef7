// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// +genclient
// +genclient:noStatus
// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// Settings hold the integrations of a Tenant or a Project with other services, at most one per service. A Tenant's are the
// default of its Projects; a Project's take precedence, field by field. A Secret goes with the host that it is for: a Project
// that names another hostURL or endpoint than its Tenant does not inherit the Secret.
type Settings struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty" protobuf:"bytes,1,opt,name=metadata"`

	// spec is what the Settings are meant to be.
	// +optional
	Spec SettingsSpec `json:"spec,omitempty" protobuf:"bytes,2,opt,name=spec"`
}

// SettingsSpec is what Settings are meant to be.
type SettingsSpec struct {
	// displayName is the name that people read, at most 253 characters.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=253
	DisplayName string `json:"displayName,omitempty" protobuf:"bytes,1,opt,name=displayName"`

	// description is what the Settings are for, at most 4096 characters.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=4096
	Description string `json:"description,omitempty" protobuf:"bytes,2,opt,name=description"`

	// integrations are the services to integrate with.
	// +optional
	Integrations Integrations `json:"integrations,omitempty" protobuf:"bytes,3,opt,name=integrations"`
}

// Integrations are the services to integrate with, each at most once.
type Integrations struct {
	// palette provisions clusters.
	// +optional
	// +k8s:optional
	Palette *PaletteIntegration `json:"palette,omitempty" protobuf:"bytes,1,opt,name=palette"`

	// huggingFace is where models come from.
	// +optional
	// +k8s:optional
	HuggingFace *HuggingFaceIntegration `json:"huggingFace,omitempty" protobuf:"bytes,2,opt,name=huggingFace"`

	// nvidiaNGC is where NVIDIA's images and models come from.
	// +optional
	// +k8s:optional
	NVIDIANGC *NVIDIANGCIntegration `json:"nvidiaNGC,omitempty" protobuf:"bytes,3,opt,name=nvidiaNGC"`
}

// PaletteIntegration is how to reach Palette.
type PaletteIntegration struct {
	// secretRef names the Secret that holds the credentials.
	// +optional
	// +k8s:optional
	SecretRef *SecretKeyReference `json:"secretRef,omitempty" protobuf:"bytes,1,opt,name=secretRef"`

	// hostURL is where Palette answers, an https URL.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=2048
	HostURL string `json:"hostURL,omitempty" protobuf:"bytes,2,opt,name=hostURL"`

	// tenant of Palette's own that the credentials are of.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=253
	Tenant string `json:"tenant,omitempty" protobuf:"bytes,3,opt,name=tenant"`

	// defaultProjectID is the Palette project in which clusters are made.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=253
	DefaultProjectID string `json:"defaultProjectID,omitempty" protobuf:"bytes,4,opt,name=defaultProjectID"`
}

// HuggingFaceIntegration is how to reach Hugging Face.
type HuggingFaceIntegration struct {
	// secretRef names the Secret that holds the token.
	// +optional
	// +k8s:optional
	SecretRef *SecretKeyReference `json:"secretRef,omitempty" protobuf:"bytes,1,opt,name=secretRef"`

	// endpoint is where the hub answers, an https URL; the public one if empty.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=2048
	Endpoint string `json:"endpoint,omitempty" protobuf:"bytes,2,opt,name=endpoint"`
}

// NVIDIANGCIntegration is how to reach NVIDIA NGC.
type NVIDIANGCIntegration struct {
	// secretRef names the Secret that holds the API key.
	// +optional
	// +k8s:optional
	SecretRef *SecretKeyReference `json:"secretRef,omitempty" protobuf:"bytes,1,opt,name=secretRef"`

	// organization of NGC.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=253
	Organization string `json:"organization,omitempty" protobuf:"bytes,2,opt,name=organization"`

	// team within the organization.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=253
	Team string `json:"team,omitempty" protobuf:"bytes,3,opt,name=team"`
}

// SecretKeyReference names a key of a Secret. The server never reads it.
type SecretKeyReference struct {
	// name of the Secret.
	// +required
	// +k8s:required
	// +k8s:format=k8s-long-name
	Name string `json:"name" protobuf:"bytes,1,opt,name=name"`

	// namespace of the Secret: that of the Settings, which it may not differ from.
	// +optional
	// +k8s:optional
	// +k8s:format=k8s-short-name
	Namespace string `json:"namespace,omitempty" protobuf:"bytes,2,opt,name=namespace"`

	// key in the Secret's data; by default the integration's name.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=253
	Key string `json:"key,omitempty" protobuf:"bytes,3,opt,name=key"`
}

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// SettingsList is a list of Settings.
type SettingsList struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard list metadata.
	// +optional
	metav1.ListMeta `json:"metadata,omitempty" protobuf:"bytes,1,opt,name=metadata"`

	// items are the Settings.
	Items []Settings `json:"items" protobuf:"bytes,2,rep,name=items"`
}

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// EffectiveSettings are the integrations that hold in a Project at this moment: those of its Tenant's Settings, overridden
// field by field by those of its own. They are computed for each request, never stored, and hold no secret.
type EffectiveSettings struct {
	metav1.TypeMeta `json:",inline"`
	// metadata has the name and the namespace of the Project.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty" protobuf:"bytes,1,opt,name=metadata"`

	// integrations are what holds. A secretRef says which namespace its Secret is in.
	// +optional
	Integrations Integrations `json:"integrations,omitempty" protobuf:"bytes,2,opt,name=integrations"`

	// sources are the Settings that the Tenant and the Project name, the ones that take precedence last.
	// +optional
	// +listType=atomic
	Sources []SettingsSource `json:"sources,omitempty" protobuf:"bytes,3,rep,name=sources"`
}

// SettingsSource are Settings that a Tenant or a Project names.
type SettingsSource struct {
	// kind of what names them: Tenant or Project.
	// +required
	Kind string `json:"kind" protobuf:"bytes,1,opt,name=kind"`

	// namespace of the Settings.
	// +required
	Namespace string `json:"namespace" protobuf:"bytes,2,opt,name=namespace"`

	// name of the Settings.
	// +required
	Name string `json:"name" protobuf:"bytes,3,opt,name=name"`

	// missing says that there are no such Settings.
	// +optional
	Missing bool `json:"missing,omitempty" protobuf:"varint,4,opt,name=missing"`
}
