// SPDX-License-Identifier: Apache-2.0

// +k8s:deepcopy-gen=package
// +k8s:conversion-gen=spectrocloud.com/tenancy/apis/spectrocloud
// +k8s:defaulter-gen=TypeMeta
// +k8s:validation-gen=TypesWithSuffix=Spec
// +k8s:validation-gen-scheme-registry=nil
// +k8s:openapi-gen=true
// +k8s:openapi-model-package=com.spectrocloud.v1alpha1
// +k8s:protobuf-gen=package
// +groupName=spectrocloud.com

// Package v1alpha1 is the first served version of API group spectrocloud.com:
// what users write in YAML and what typed clients speak.
//
// Its comments are the API's documentation: OpenAPI and kubectl explain print
// them. Rules that one object can tell are validation tags here; rules that
// tags can't express are in apis/spectrocloud/validation. It must import
// apimachinery only.
package v1alpha1
