// SPDX-License-Identifier: Apache-2.0

package install

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"spectrocloud.com/tenancy/test/integration/framework"
)

// foreign is what another product might have brought.
const foreign = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: clusters.spectrocloud.com
spec:
  group: spectrocloud.com
  scope: Namespaced
  names: {plural: clusters, singular: cluster, kind: Cluster, listKind: ClusterList}
  versions:
  - name: v1alpha1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object}}
`

func TestInstallingIsRefusedWhereAnotherProductServesTheGroup(t *testing.T) {
	cluster.MustKubectl(t, foreign, "create", "-f", "-")
	t.Cleanup(func() {
		said, err := cluster.KubectlCommand(context.Background(), nil, "delete", "crd", "clusters.spectrocloud.com").CombinedOutput()
		require.NoError(t, err, "%s", said)
		said, err = cluster.KubectlCommand(context.Background(), nil, "delete", "namespace", "refused", "--ignore-not-found").CombinedOutput()
		require.NoError(t, err, "%s", said)
	})
	cluster.MustKubectl(t, "", "wait", "--for=condition=Established", "crd/clusters.spectrocloud.com", "--timeout=20s")
	before := clusterWide(t)

	said, err := cluster.Helm(t.Context(), "install", "tenancy", chart(), "--namespace", "refused", "--create-namespace", "--wait")
	require.Error(t, err, said)
	assert.Contains(t, said, "clusters.spectrocloud.com (v1alpha1)", "what is in the way")
	assert.Contains(t, said, "delete these CustomResourceDefinitions", "what to do")

	assert.Equal(t, before, clusterWide(t))
	assert.Empty(t, cluster.MustKubectl(t, "", "get", "all,secrets,serviceaccounts,roles,rolebindings", "-n", "refused", "-o", "name", "-l", "app.kubernetes.io/name=tenancy"))
	assert.Empty(t, helm(t, "list", "--all-namespaces", "--short"))
}

// clusterWide returns the names of all objects without a namespace that a chart could leave behind. The APIService of
// a CRD's group is kube-apiserver's, and comes a moment after the CRD.
func clusterWide(t *testing.T) (names string) {
	t.Helper()
	framework.Eventually(t, "kube-apiserver to know the CRD's group", func(context.Context) error {
		_, _, err := cluster.Kubectl(t, "", nil, "get", "apiservice", "v1alpha1.spectrocloud.com")
		if err != nil {
			return errors.New("there is no APIService yet")
		}
		return nil
	})
	return cluster.MustKubectl(t, "", "get", "-o", "name",
		"apiservices,clusterroles,clusterrolebindings,flowschemas,prioritylevelconfigurations,validatingadmissionpolicies,validatingadmissionpolicybindings")
}
