// SPDX-License-Identifier: Apache-2.0

package localcluster

import (
	"bytes"
	"context"
	"embed"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"slices"
	"text/template"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
)

// fieldManager owns, in the cluster, the fields that the manifests set.
const fieldManager = "tenancy-local"

// manifests is what our programs need in a cluster. It is the one place to
// change when a chart brings the same objects. authentication.yaml is for
// kube-apiserver itself.
//
//go:embed manifests/*.yaml
var manifests embed.FS

// apiServiceValues are the values that apiservice.yaml has blanks for.
type apiServiceValues struct {
	Port     int
	CABundle string // PEM, in base64.
}

func (c *Cluster) apiServiceValues() apiServiceValues {
	return apiServiceValues{
		Port:     c.ports.tenancyAPIServers[0].number,
		CABundle: base64.StdEncoding.EncodeToString(c.certs.tenancy.certPEM),
	}
}

// installer applies manifests to a cluster.
type installer struct {
	discovery discovery.DiscoveryInterface
	dynamic   dynamic.Interface
	mapper    meta.RESTMapper
}

func newInstaller(config *rest.Config) (*installer, error) {
	discoveryClient, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return nil, err
	}
	dynamicClient, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	// Yesterday's APIService points to nobody yet, so its group fails; the manifests need only built-in ones.
	groups, err := restmapper.GetAPIGroupResources(discoveryClient)
	if err != nil && !discovery.IsGroupDiscoveryFailedError(err) {
		return nil, fmt.Errorf("reading what kube-apiserver serves: %w", err)
	}
	return &installer{discoveryClient, dynamicClient, restmapper.NewDiscoveryRESTMapper(groups)}, nil
}

// apply applies every object of a manifest, in the order of the file, after
// filling in values.
func (i *installer) apply(ctx context.Context, manifest string, values any) error {
	objects, err := render(manifest, values)
	if err != nil {
		return err
	}
	for _, object := range objects {
		kind := object.GroupVersionKind()
		mapping, err := i.mapper.RESTMapping(kind.GroupKind(), kind.Version)
		if err != nil {
			return fmt.Errorf("applying %s %s: %w", kind.Kind, object.GetName(), err)
		}
		_, err = i.dynamic.Resource(mapping.Resource).Namespace(object.GetNamespace()).
			Apply(ctx, object.GetName(), object, metav1.ApplyOptions{FieldManager: fieldManager, Force: true})
		if err != nil {
			return fmt.Errorf("applying %s %s: %w", kind.Kind, object.GetName(), err)
		}
	}
	return nil
}

// fillIn returns a manifest with values filled in.
func fillIn(manifest string, values any) ([]byte, error) {
	parsed, err := template.New(manifest).Option("missingkey=error").ParseFS(manifests, "manifests/"+manifest)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", manifest, err)
	}
	var text bytes.Buffer
	if err := parsed.Execute(&text, values); err != nil {
		return nil, fmt.Errorf("filling in %s: %w", manifest, err)
	}
	return text.Bytes(), nil
}

// render returns the objects of a manifest.
func render(manifest string, values any) ([]*unstructured.Unstructured, error) {
	text, err := fillIn(manifest, values)
	if err != nil {
		return nil, err
	}
	var objects []*unstructured.Unstructured
	decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(text), 4<<10)
	for {
		object := &unstructured.Unstructured{}
		if err := decoder.Decode(object); errors.Is(err, io.EOF) {
			return objects, nil
		} else if err != nil {
			return nil, fmt.Errorf("reading %s: %w", manifest, err)
		}
		if len(object.Object) > 0 { // A comment alone is a document too.
			objects = append(objects, object)
		}
	}
}

var (
	apiServices = schema.GroupVersionResource{Group: "apiregistration.k8s.io", Version: "v1", Resource: "apiservices"}
	// versions are those of our group that kube-apiserver passes on.
	versions = []schema.GroupVersion{{Group: "spectrocloud.com", Version: "v1alpha1"}, {Group: "spectrocloud.com", Version: "v1beta1"}}
)

// wait returns once the check finds nothing missing.
func (i *installer) wait(ctx context.Context, check healthCheck) error {
	for {
		err := check(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for API group %s: %w (%w)", versions[0].Group, context.Cause(ctx), err)
		case <-time.After(pollInterval):
		}
	}
}

// available returns what keeps kube-apiserver from passing on requests for our group,
// or clients from discovering it.
func (i *installer) available(ctx context.Context) error {
	for _, version := range versions {
		object, err := i.dynamic.Resource(apiServices).Get(ctx, version.Version+"."+version.Group, metav1.GetOptions{})
		if err != nil {
			return err
		}
		if err := conditionTrue(object, "Available"); err != nil {
			return err
		}
		if _, err := i.discovery.ServerResourcesForGroupVersion(version.String()); err != nil {
			return err
		}
	}
	_, resources, err := i.discovery.ServerGroupsAndResources()
	if err != nil {
		return err
	}
	for _, version := range versions {
		if !slices.ContainsFunc(resources, func(list *metav1.APIResourceList) bool {
			return list.GroupVersion == version.String() && len(list.APIResources) > 0
		}) {
			return fmt.Errorf("discovery does not list %s yet", version)
		}
	}
	return nil
}

// described returns what keeps our group's schema from kubectl explain, which
// kube-apiserver fetches a second after it has seen the APIService.
func (i *installer) described(context.Context) error {
	paths, err := i.discovery.OpenAPIV3().Paths()
	if err != nil {
		return err
	}
	for _, version := range versions {
		if _, ok := paths["apis/"+version.String()]; !ok {
			return fmt.Errorf("the schema of %s is not published yet", version)
		}
	}
	return nil
}

// conditionTrue returns nil if the object's condition of that type is True, and
// otherwise what the condition says.
func conditionTrue(object *unstructured.Unstructured, conditionType string) error {
	conditions, _, err := unstructured.NestedSlice(object.Object, "status", "conditions")
	if err != nil {
		return err
	}
	for _, entry := range conditions {
		condition, ok := entry.(map[string]any)
		if !ok || condition["type"] != conditionType {
			continue
		}
		if condition["status"] == "True" {
			return nil
		}
		return fmt.Errorf("%s is %v: %v", conditionType, condition["status"], condition["message"])
	}
	return fmt.Errorf("condition %s is not set yet", conditionType)
}
