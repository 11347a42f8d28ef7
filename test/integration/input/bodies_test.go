// SPDX-License-Identifier: Apache-2.0

package input

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
	"k8s.io/apimachinery/pkg/types"

	"spectrocloud.com/tenancy/generated/clientset/versioned/scheme"
	"spectrocloud.com/tenancy/pkg/localcluster"
	"spectrocloud.com/tenancy/test/integration/framework"
)

// deep is a JSON value of that many levels.
func deep(levels int) string { return strings.Repeat(`[`, levels) + strings.Repeat(`]`, levels) }

// laughs is a small YAML document that would be enormous, were its aliases written out.
func laughs() string {
	var text strings.Builder
	text.WriteString("apiVersion: spectrocloud.com/v1alpha1\nkind: Tenant\nmetadata: {name: laughs}\na0: &a0 [ha, ha, ha, ha, ha, ha, ha, ha, ha]\n")
	for i := 1; i < 10; i++ {
		fmt.Fprintf(&text, "a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d,", i-1), 9), ","))
	}
	return text.String()
}

// encoded is a Tenant in protobuf.
func encoded(t *testing.T) []byte {
	t.Helper()
	tenant := framework.Tenant(framework.Name("encoded"), "a-group")
	tenant.SetGroupVersionKind(gvk)
	data, err := runtime.Encode(protobuf.NewSerializer(scheme.Scheme, scheme.Scheme), tenant)
	require.NoError(t, err)
	return data
}

func TestABodyThatIsNoObjectIsRefused(t *testing.T) {
	pid := cluster.Component(localcluster.TenancyAPIServer).PID()
	magic := []byte("k8s\x00")
	valid := encoded(t)
	for name, test := range map[string]struct {
		contentType string
		body        []byte
		code        int32
		says        string
	}{
		"no body":                      {asJSON, nil, 400, ""},
		"half a JSON":                  {asJSON, []byte(`{"apiVersion": "spectrocloud.com/v1alpha1", "kind": "Ten`), 400, "unexpected end of JSON input"},
		"no JSON":                      {asJSON, []byte(`hello`), 400, "invalid character"},
		"JSON of null":                 {asJSON, []byte(`null`), 422, "metadata.name"},
		"JSON without a kind":          {asJSON, []byte(`{}`), 422, "metadata.name"},
		"JSON of another kind":         {asJSON, []byte(`{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}}`), 400, "Pod"},
		"JSON of another version":      {asJSON, []byte(`{"apiVersion": "spectrocloud.com/v9", "kind": "Tenant", "metadata": {"name": "x"}}`), 400, "v9"},
		"JSON of a list":               {asJSON, []byte(`{"apiVersion": "spectrocloud.com/v1alpha1", "kind": "TenantList", "items": []}`), 400, "TenantList"},
		"deep JSON, unknown field":     {asJSON, tenantWith(`{"x": ` + deep(100_000) + `}`), 400, ""},
		"deep JSON, known field":       {asJSON, tenantWith(deep(100_000)), 400, ""},
		"deep JSON that never ends":    {asJSON, []byte(strings.Repeat(`{"a":`, 500_000)), 400, ""},
		"deep YAML":                    {asYAML, []byte("apiVersion: spectrocloud.com/v1alpha1\nkind: Tenant\nspec: " + deep(100_000)), 400, ""},
		"no YAML":                      {asYAML, []byte("a: b: c: [\n- }"), 400, "yaml"},
		"YAML that laughs":             {asYAML, []byte(laughs()), 400, ""},
		"no protobuf":                  {asProtobuf, []byte("hello"), 400, ""},
		"protobuf of the prefix":       {asProtobuf, magic, 400, ""},
		"protobuf and then nonsense":   {asProtobuf, append(bytes.Clone(magic), bytes.Repeat([]byte{0xff}, 1000)...), 400, ""},
		"protobuf cut short":           {asProtobuf, valid[:len(valid)-5], 400, ""},
		"protobuf with endless length": {asProtobuf, append(bytes.Clone(magic), 0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f), 400, ""},
		"4 MiB of JSON":                {asJSON, tenantWith(`{"displayName": "` + strings.Repeat("x", 4<<20) + `"}`), 413, "limit is 3145728"},
		"4 MiB of protobuf":            {asProtobuf, append(bytes.Clone(magic), make([]byte, 4<<20)...), 413, "limit is 3145728"},
		"a language of its own":        {"text/plain", []byte(`hello`), 415, "application/json"},
	} {
		t.Run(name, func(t *testing.T) { refused(t, post(t, tenants, test.contentType, test.body), test.code, test.says) })
	}
	for i := range valid { // Whatever a bit flip makes of it, the server is there to say.
		broken := bytes.Clone(valid)
		broken[i] ^= 0x55
		err := post(t, tenants, asProtobuf, broken)
		if err != nil {
			assert.NotContains(t, err.Error(), "Internal", "byte %d", i)
		}
	}
	requireHealthy(t, pid)
}

func TestABadPatchIsRefused(t *testing.T) {
	pid := cluster.Component(localcluster.TenancyAPIServer).PID()
	name := framework.Name("patched")
	before, err := cluster.Admin.Tenants().Create(t.Context(), framework.Tenant(name), metav1.CreateOptions{})
	require.NoError(t, err)
	for what, test := range map[string]struct {
		kind types.PatchType
		body string
		code int32
		says string
	}{
		"no merge patch":                          {types.MergePatchType, `hello`, 400, ""},
		"a deep merge patch":                      {types.MergePatchType, `{"spec": ` + deep(100_000) + `}`, 400, ""},
		"a merge patch of metadata":               {types.MergePatchType, `{"metadata": {"name": "other"}}`, 400, "name"},
		"a merge patch of the kind":               {types.MergePatchType, `{"kind": "Project"}`, 422, "Project"},
		"a merge patch, wrong type":               {types.MergePatchType, `{"spec": {"displayName": []}}`, 422, "spec.displayName of type string"},
		"no JSON patch":                           {types.JSONPatchType, `{}`, 400, ""},
		"a JSON patch of nothing":                 {types.JSONPatchType, `[{"op": "replace", "path": "/spec/nope/deeper", "value": 1}]`, 422, ""},
		"a JSON patch that tests":                 {types.JSONPatchType, `[{"op": "test", "path": "/metadata/name", "value": "x"}]`, 422, ""},
		"a JSON patch of no op":                   {types.JSONPatchType, `[{"op": "steal", "path": "/spec"}]`, 422, ""},
		"a JSON patch of 20,000 ops":              {types.JSONPatchType, `[` + times(20000, func(int) string { return `{"op": "test", "path": "/a"}` }) + `]`, 413, "10000"},
		"an apply of another name":                {types.ApplyPatchType, "apiVersion: spectrocloud.com/v1alpha1\nkind: Tenant\nmetadata: {name: other}", 400, "name"},
		"an apply of another kind":                {types.ApplyPatchType, "apiVersion: v1\nkind: Pod\nmetadata: {name: " + name + "}", 400, ""},
		"an apply that laughs":                    {types.ApplyPatchType, laughs(), 400, ""},
		"a strategic merge patch of a wrong type": {types.StrategicMergePatchType, `{"spec": {"displayName": 5}}`, 422, "displayName"},
	} {
		t.Run(what, func(t *testing.T) {
			options := metav1.PatchOptions{FieldManager: "test", FieldValidation: "Strict"}
			_, err := cluster.Admin.Tenants().Patch(t.Context(), name, test.kind, []byte(test.body), options)
			refused(t, err, test.code, test.says)
		})
	}
	after, err := cluster.Admin.Tenants().Get(t.Context(), name, metav1.GetOptions{})
	require.NoError(t, err)
	assert.Equal(t, before.Spec, after.Spec)
	assert.Equal(t, before.Generation, after.Generation)
	requireHealthy(t, pid)
}

// TestManyLargeRequestsAtOnceAreSurvived sends bodies of the largest size that is read at all, from many clients.
func TestManyLargeRequestsAtOnceAreSurvived(t *testing.T) {
	pid := cluster.Component(localcluster.TenancyAPIServer).PID()
	text := tenantWith(`{"displayName": "` + strings.Repeat("x", 3<<20-1<<10) + `"}`)
	groups := tenantWith(groups(10_000, "g"))
	var senders sync.WaitGroup
	for range 32 {
		senders.Go(func() { refused(t, post(t, tenants, asJSON, text), 422, "spec.displayName", "253") })
		senders.Go(func() { refused(t, post(t, tenants, asJSON, groups), 422, "spec.tenantRoleMapping.groups", "64") })
	}
	senders.Wait()
	requireHealthy(t, pid)
}

// forgedToken asks to go on at ../../../etc.
const forgedToken = "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MSwic3RhcnQiOiIuLi8uLi8uLi9ldGMifQ"

func TestABadQueryIsRefused(t *testing.T) {
	name := framework.Name("queried")
	_, err := cluster.Admin.Tenants().Create(t.Context(), framework.Tenant(name), metav1.CreateOptions{})
	require.NoError(t, err)
	list := func(options metav1.ListOptions) error {
		_, err := cluster.Admin.Projects("").List(t.Context(), options)
		return err
	}
	for what, test := range map[string]struct {
		err  error
		code int32
		says string
	}{
		"a field that can't be selected": {list(metav1.ListOptions{FieldSelector: "spec.displayName=x"}), 400, "use metadata.name, metadata.namespace, spec.tenantRef.name"},
		"no field selector":              {list(metav1.ListOptions{FieldSelector: "spec.tenantRef.name"}), 400, "spec.tenantRef.name"},
		"no label selector":              {list(metav1.ListOptions{LabelSelector: "a in (b"}), 400, "unable to parse requirement"},
		"a continue token of nobody":     {list(metav1.ListOptions{Continue: "hello", Limit: 1}), 400, "continue"},
		"a continue token, forged":       {list(metav1.ListOptions{Continue: forgedToken, Limit: 1}), 400, "continue"},
		"no resource version":            {list(metav1.ListOptions{ResourceVersion: "yesterday"}), 400, "resource version"},
		"a match without a version":      {list(metav1.ListOptions{ResourceVersionMatch: "Exact"}), 422, "resourceVersionMatch"},
		"a match that isn't one":         {list(metav1.ListOptions{ResourceVersion: "1", ResourceVersionMatch: "Roughly"}), 422, "resourceVersionMatch"},
		"a dry run that isn't one":       {cluster.Admin.Tenants().Delete(t.Context(), name, metav1.DeleteOptions{DryRun: []string{"Some"}}), 422, "dryRun"},
		"a propagation of nobody": {cluster.Admin.Tenants().Delete(t.Context(), name, metav1.DeleteOptions{
			PropagationPolicy: new(metav1.DeletionPropagation("Sideways"))}), 422, "propagationPolicy"},
		"a precondition that fails": {cluster.Admin.Tenants().Delete(t.Context(), name, metav1.DeleteOptions{
			Preconditions: &metav1.Preconditions{UID: new(types.UID("another"))}}), 409, "UID"},
		"a resource of nobody":    {cluster.Admin.REST().Get().Resource("tenancies").Do(t.Context()).Error(), 404, "could not find the requested resource"},
		"a subresource of nobody": {cluster.Admin.REST().Get().Resource("tenants").Name(name).SubResource("secrets").Do(t.Context()).Error(), 404, ""},
		"a post to an object":     {cluster.Admin.REST().Post().Resource("tenants").Name(name).Body([]byte("{}")).Do(t.Context()).Error(), 405, ""},
		"an answer in XML":        {cluster.Admin.REST().Get().Resource("tenants").SetHeader("Accept", "application/xml").Do(t.Context()).Error(), 406, "application/json"},
	} {
		t.Run(what, func(t *testing.T) { refused(t, test.err, test.code, test.says) })
	}
}

// TestWhatTheLibraryRefusesIsRefusedAlike compares mistakes that are answered by k8s.io/apiserver alone, some with a 500,
// to the same mistakes with a built-in type.
func TestWhatTheLibraryRefusesIsRefusedAlike(t *testing.T) {
	name := framework.Name("alike")
	_, err := cluster.Admin.Tenants().Create(t.Context(), framework.Tenant(name), metav1.CreateOptions{})
	require.NoError(t, err)
	_, err = cluster.Admin.Host.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{})
	if !apierrors.IsAlreadyExists(err) { // It may have been made for the Tenant.
		require.NoError(t, err)
	}
	for what, do := range map[string]func(resource schema.GroupVersionResource, kind string) error{
		"a watch from no version": func(resource schema.GroupVersionResource, _ string) error {
			_, err := cluster.Admin.Dynamic.Resource(resource).Watch(t.Context(), metav1.ListOptions{ResourceVersion: "nonsense"})
			return err
		},
		"an apply of an unknown field": func(resource schema.GroupVersionResource, kind string) error {
			body := fmt.Sprintf("apiVersion: %s\nkind: %s\nmetadata: {name: %s}\nspec: {colour: red}", resource.GroupVersion(), kind, name)
			_, err := cluster.Admin.Dynamic.Resource(resource).Patch(t.Context(), name, types.ApplyPatchType, []byte(body), metav1.PatchOptions{FieldManager: "test"})
			return err
		},
		"an update of what is not there": func(resource schema.GroupVersionResource, kind string) error {
			object := &unstructured.Unstructured{}
			object.SetGroupVersionKind(resource.GroupVersion().WithKind(kind))
			object.SetName("nobody")
			_, err := cluster.Admin.Dynamic.Resource(resource).Update(t.Context(), object, metav1.UpdateOptions{})
			return err
		},
		"an update of an older version": func(resource schema.GroupVersionResource, _ string) error {
			object, err := cluster.Admin.Dynamic.Resource(resource).Get(t.Context(), name, metav1.GetOptions{})
			require.NoError(t, err)
			object.SetResourceVersion("1")
			_, err = cluster.Admin.Dynamic.Resource(resource).Update(t.Context(), object, metav1.UpdateOptions{})
			return err
		},
	} {
		t.Run(what, func(t *testing.T) {
			theirs := do(schema.GroupVersionResource{Version: "v1", Resource: "namespaces"}, "Namespace")
			ours := do(schema.GroupVersionResource{Group: gvk.Group, Version: gvk.Version, Resource: "tenants"}, gvk.Kind)
			require.Error(t, theirs)
			require.Error(t, ours)
			t.Logf("theirs: %v", theirs)
			assert.Equal(t, apierrors.ReasonForError(theirs), apierrors.ReasonForError(ours), "%v", ours)
			var status apierrors.APIStatus
			require.ErrorAs(t, theirs, &status)
			refused(t, ours, status.Status().Code)
		})
	}
}
