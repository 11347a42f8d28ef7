// SPDX-License-Identifier: Apache-2.0

// +k8s:deepcopy-gen=package
// +k8s:conversion-gen=spectrocloud.com/tenancy/apis/spectrocloud
// +k8s:defaulter-gen=TypeMeta
// +k8s:validation-gen=TypesWithSuffix=Spec
// +k8s:validation-gen-scheme-registry=nil
// +k8s:openapi-gen=true
// +k8s:openapi-model-package=com.spectrocloud.v1beta1
// +k8s:protobuf-gen=package
// +groupName=spectrocloud.com

// Package v1beta1 is the version of API group spectrocloud.com that serves what
// workloads are made from: profiles, bundles, definitions and variables. Tenants,
// Projects and what runs in them are in v1alpha1; no kind is in both.
//
// Its comments are the API's documentation: OpenAPI and kubectl explain print
// them. Rules that one object can tell are validation tags here; rules that
// tags can't express are in apis/spectrocloud/validation. It must import
// apimachinery only.
package v1beta1
