// SPDX-License-Identifier: Apache-2.0

package attacks

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"spectrocloud.com/tenancy/test/integration/framework"
)

// nested is a JSON object of that many levels.
func nested(levels int) string {
	return strings.Repeat(`{"a":`, levels) + "1" + strings.Repeat("}", levels)
}

// TestPropertiesThatNobodyCanReadAreRefused writes JSON into a WorkloadProfile, which others read in lists: too deep for a
// list to be decoded, or such that two readers read two things.
func TestPropertiesThatNobodyCanReadAreRefused(t *testing.T) {
	p := newParty(t)
	with := func(properties string) error {
		return create(t, p.admin, "v1beta1", "workloadprofiles", "WorkloadProfile", p.project, framework.Name("deep"),
			`{"type": "Application", "workload": {"components": [{"name": "web", "type": "deployment", "properties": `+properties+`}]}}`)
	}
	meanwhile(t, func() {
		for _, properties := range []string{nested(200), nested(9_000), nested(9_994), nested(9_995), nested(10_001), `{"a": ` + strings.Repeat("[", 9_990) + strings.Repeat("]", 9_990) + `}`} {
			err := with(properties)
			assert.True(t, apierrors.IsInvalid(err) || apierrors.IsBadRequest(err), "%.20s of %d bytes: %v", properties, len(properties), err)
		}
		for _, number := range []string{"1e999999", "-1e400", strings.Repeat("9", 400), strings.Repeat("9", 60_000), "1e" + strings.Repeat("9", 1000)} {
			err := with(`{"a": ` + number + `}`)
			assert.True(t, apierrors.IsInvalid(err) || apierrors.IsBadRequest(err), "%.20s: %v", number, err)
		}
		require.NoError(t, with(nested(20)))
	})
	_, stderr, err := cluster.Kubectl(t, "", nil, "get", "workloadprofiles", "-A")
	assert.NoError(t, err, stderr)
}

// TestPatchesThatBlowUpAreRefused sends small patches that would make large objects, and large ones that make nothing.
func TestPatchesThatBlowUpAreRefused(t *testing.T) {
	p := newParty(t)
	projects := p.admin.Projects(p.project)
	annotate := fmt.Appendf(nil, `{"metadata": {"annotations": {"a": %q}}}`, strings.Repeat("x", 200_000))
	_, err := projects.Patch(t.Context(), p.project, types.MergePatchType, annotate, metav1.PatchOptions{})
	require.NoError(t, err)
	times := func(n int, operation string) []byte {
		operations := make([]string, n)
		for i := range operations {
			operations[i] = strings.ReplaceAll(operation, "%", fmt.Sprint(i))
		}
		return []byte("[" + strings.Join(operations, ",") + "]")
	}
	meanwhile(t, func() {
		for what, patch := range map[string][]byte{
			"copies of a value":      times(9_000, `{"op": "copy", "from": "/metadata/annotations/a", "path": "/metadata/annotations/b%"}`),
			"copies of copies":       times(40, `{"op": "copy", "from": "/metadata", "path": "/metadata/x"}`),
			"copies into themselves": times(40, `{"op": "copy", "from": "", "path": "/spec/x"}`),
			"values":                 times(9_000, `{"op": "add", "path": "/metadata/annotations/c%", "value": "`+strings.Repeat("y", 200)+`"}`),
			"tests":                  times(11_000, `{"op": "test", "path": "/metadata/name", "value": "`+p.project+`"}`),
		} {
			_, err := projects.Patch(t.Context(), p.project, types.JSONPatchType, patch, metav1.PatchOptions{})
			if assert.Error(t, err, what) {
				assert.Less(t, len(err.Error()), 16<<10, what)
			}
		}
		for _, selector := range []string{"a" + strings.Repeat(",a", 20_000), "a in (" + strings.Repeat("b,", 20_000) + "c)", "a" + strings.Repeat("!=b,a", 10_000) + "=b"} {
			list, err := p.admin.Projects("").List(t.Context(), metav1.ListOptions{LabelSelector: selector})
			assert.True(t, err != nil || len(list.Items) == 0, "%d bytes", len(selector))
			list, err = cluster.Through(t, p.admin, 0).Projects("").List(t.Context(), metav1.ListOptions{LabelSelector: selector})
			assert.True(t, err != nil || len(list.Items) == 0, "%d bytes", len(selector))
		}
		list, err := p.admin.Projects("").List(t.Context(), metav1.ListOptions{FieldSelector: "metadata.name=x" + strings.Repeat(",metadata.name=x", 50_000)})
		assert.True(t, err != nil || len(list.Items) == 0)
	})
}

// TestFieldManagersAreBounded applies an object under ever new names, each of which it remembers.
func TestFieldManagersAreBounded(t *testing.T) {

	p := newParty(t)
	body := fmt.Appendf(nil, `{"apiVersion": "spectrocloud.com/v1alpha1", "kind": "Project", "metadata": {"name": %q, "namespace": %q, "labels": {"a": "b"}}}`, p.project, p.project)
	meanwhile(t, func() {
		var err error
		for i := 0; i < 300 && err == nil; i++ {
			_, err = p.admin.Projects(p.project).Patch(t.Context(), p.project, types.ApplyPatchType, body, metav1.PatchOptions{FieldManager: fmt.Sprintf("%0128d", i), Force: new(true)})
		}
		framework.Refused(t, err, 422, "metadata.managedFields")
	})
	require.NoError(t, cluster.Admin.Projects(p.project).Delete(t.Context(), p.project, metav1.DeleteOptions{}))
}
