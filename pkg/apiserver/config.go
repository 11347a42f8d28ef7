// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apiserver/pkg/endpoints/openapi"
	genericapiserver "k8s.io/apiserver/pkg/server"
	genericoptions "k8s.io/apiserver/pkg/server/options"
	serverstorage "k8s.io/apiserver/pkg/server/storage"
	"k8s.io/apiserver/pkg/storage/storagebackend"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/apis/spectrocloud/v1beta1"
	"spectrocloud.com/tenancy/apis/spectrocloud/validation"
	generatedopenapi "spectrocloud.com/tenancy/generated/openapi"
	"spectrocloud.com/tenancy/pkg/storage"
)

// Config is what the server is made from.
type Config struct {
	Generic *genericapiserver.RecommendedConfig
	Storage storagebackend.Config
	// Etcd is the embedded one that Storage names; nil if it names another.
	Etcd       *storage.Embedded
	Namespaces validation.Namespaces
	claims     *claims
}

// Config turns valid, complete options into a configuration. The etcd that they name must be running: health checks of
// it begin here.
func (o *Options) Config() (*Config, error) {
	if err := o.defaultCertificate(); err != nil {
		return nil, err
	}
	generic := genericapiserver.NewRecommendedConfig(Codecs)
	if err := o.Run.ApplyTo(&generic.Config); err != nil {
		return nil, err
	}
	names := openapi.NewDefinitionNamer(Scheme)
	generic.OpenAPIConfig = genericapiserver.DefaultOpenAPIConfig(generatedopenapi.GetOpenAPIDefinitions, names)
	generic.OpenAPIConfig.Info.Title = "tenancy"
	generic.OpenAPIV3Config = genericapiserver.DefaultOpenAPIV3Config(generatedopenapi.GetOpenAPIDefinitions, names)
	generic.OpenAPIV3Config.Info.Title = "tenancy"

	// The recommended options would store JSON: their storage factory is replaced by one that stores each kind in the
	// version and the media type that it is told to.
	recommended := *o.Generic
	recommended.Etcd = nil
	if err := applyHost(&recommended, generic); err != nil {
		return nil, err
	}
	if err := recommended.ApplyTo(generic); err != nil {
		return nil, err
	}
	authorizer, err := newAuthorizer(o.Generic.Authorization)
	if err != nil {
		return nil, err
	}
	generic.Authorization.Authorizer = authorizer
	waitForCallers(&generic.Config)
	if err := sendCallersElsewhere(&generic.Config); err != nil {
		return nil, err
	}
	hurryBodies(&generic.Config)
	stored := o.Generic.Etcd.StorageConfig
	stored.StorageObjectCountTracker = generic.StorageObjectCountTracker
	stored.Transport.TracerProvider = generic.TracerProvider
	factory := serverstorage.NewDefaultStorageFactory(stored, o.Generic.Etcd.DefaultStorageMediaType, Codecs,
		EncodingConfig(), resourceConfig(), nil)
	if err := o.Generic.Etcd.ApplyWithStorageFactoryTo(factory, &generic.Config); err != nil {
		return nil, fmt.Errorf("configuring storage: %w", err)
	}
	return &Config{Generic: generic, Storage: stored, Etcd: o.etcd, Namespaces: o.Namespaces, claims: o.claims}, nil
}

// applyHost applies the options for kube-apiserver as a peer, and takes them out. Upstream would make the clients of admission with a
// limit of 5 requests a second: each policy and webhook of the host cluster that has a namespaceSelector costs one for each
// Project that is created before its namespace. kube-apiserver has fairness of its own.
func applyHost(options *genericoptions.RecommendedOptions, generic *genericapiserver.RecommendedConfig) error {
	if err := options.EgressSelector.ApplyTo(&generic.Config); err != nil {
		return err
	}
	if err := options.Traces.ApplyTo(generic.EgressSelector, &generic.Config); err != nil {
		return err
	}
	if err := options.CoreAPI.ApplyTo(generic); err != nil {
		return err
	}
	generic.ClientConfig.QPS = -1
	options.EgressSelector, options.Traces, options.CoreAPI = nil, nil, nil
	return nil
}

// resourceConfig enables every version that is served.
func resourceConfig() *serverstorage.ResourceConfig {
	config := serverstorage.NewResourceConfig()
	config.EnableVersions(v1alpha1.SchemeGroupVersion, v1beta1.SchemeGroupVersion)
	return config
}

// EncodingConfig stores each kind in the one version that serves it: upstream would take the first of the group.
func EncodingConfig() *serverstorage.DefaultResourceEncodingConfig {
	config := serverstorage.NewDefaultResourceEncodingConfig(Scheme)
	for kind := range Scheme.KnownTypes(v1beta1.SchemeGroupVersion) {
		resource, _ := meta.UnsafeGuessKindToResource(v1beta1.SchemeGroupVersion.WithKind(kind))
		config.SetResourceEncoding(resource.GroupResource(), v1beta1.SchemeGroupVersion, spectrocloud.SchemeGroupVersion)
	}
	return config
}
