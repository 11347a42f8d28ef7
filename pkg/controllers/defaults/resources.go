// SPDX-License-Identifier: Apache-2.0

package defaults

import (
	"embed"
	"fmt"
	"io/fs"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"

	"spectrocloud.com/tenancy/generated/clientset/versioned/scheme"
)

// files hold one default each: system those of the system namespace, which they do not name, and workspace the Tenant and
// its Project. Their names are in the order in which they are created.
//
//go:embed system/*.yaml workspace/*.yaml
var files embed.FS

const (
	system    = "system"
	workspace = "workspace"
)

// object is a default.
type object interface {
	metav1.Object
	runtime.Object
}

// read returns the defaults in a folder of files, those of the system in the given namespace.
func read(folder, namespace string) ([]object, error) {
	entries, err := fs.ReadDir(files, folder)
	if err != nil {
		return nil, err
	}
	decoder := serializer.NewCodecFactory(scheme.Scheme, serializer.EnableStrict).UniversalDeserializer()
	var objects []object
	for _, entry := range entries {
		path := folder + "/" + entry.Name()
		data, err := files.ReadFile(path)
		if err != nil {
			return nil, err
		}
		decoded, _, err := decoder.Decode(data, nil, nil)
		if err != nil {
			return nil, fmt.Errorf("reading the default resource %s: %w", path, err)
		}
		object, ok := decoded.(object)
		if !ok {
			return nil, fmt.Errorf("reading the default resource %s: it is a %T", path, decoded)
		}
		if folder == system {
			object.SetNamespace(namespace)
		}
		objects = append(objects, object)
	}
	return objects, nil
}
