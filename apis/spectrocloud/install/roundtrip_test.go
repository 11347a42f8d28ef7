// SPDX-License-Identifier: Apache-2.0

package install_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"k8s.io/apimachinery/pkg/api/apitesting/roundtrip"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/sets"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/fuzzer"
	"spectrocloud.com/tenancy/apis/spectrocloud/install"
)

// metav1Package holds the kinds that every group registers beside its own.
const metav1Package = "k8s.io/apimachinery/pkg/apis/meta/v1"

func newScheme() *runtime.Scheme {
	scheme := runtime.NewScheme()
	install.Install(scheme)
	return scheme
}

func TestEveryTypeSurvivesJSONAndProtobufThroughTheHub(t *testing.T) {
	roundtrip.RoundTripTestForAPIGroup(t, install.Install, fuzzer.Funcs)
	roundtrip.RoundTripProtobufTestForAPIGroup(t, install.Install, fuzzer.Funcs)
}

func TestEveryTypeSurvivesAsUnstructuredAndCBOR(t *testing.T) {
	scheme := newScheme()
	others := sets.New[schema.GroupVersionKind]()
	for kind, goType := range scheme.AllKnownTypes() {
		if goType.PkgPath() == metav1Package {
			others.Insert(kind)
		}
	}
	roundtrip.RoundtripToUnstructured(t, scheme, fuzzer.Funcs, others, nil)
}

// What clients sent and etcd holds must be read for ever: a change of these files is a change of the API. To write them
// anew, run with UPDATE_COMPATIBILITY_FIXTURE_DATA=true.
func TestSerializedFormsStayAsTheyAre(t *testing.T) {
	options := roundtrip.NewCompatibilityTestOptions(newScheme())
	options.TestDataDir = "../testdata"
	for kind, goType := range options.Scheme.AllKnownTypes() {
		isList := strings.HasSuffix(kind.Kind, "List")
		if kind.Version != runtime.APIVersionInternal && goType.PkgPath() != metav1Package && !isList {
			options.Kinds = append(options.Kinds, kind)
		}
	}
	options.Complete(t).Run(t)
}

func TestEveryServedKindHasAHubType(t *testing.T) {
	scheme := newScheme()
	hub := scheme.KnownTypes(spectrocloud.SchemeGroupVersion)
	for _, version := range scheme.PrioritizedVersionsForGroup(spectrocloud.GroupName) {
		for kind, served := range scheme.KnownTypes(version) {
			if served.PkgPath() != metav1Package {
				assert.Contains(t, hub, kind, "%s is served without a hub type", version.WithKind(kind))
			}
		}
	}
}
