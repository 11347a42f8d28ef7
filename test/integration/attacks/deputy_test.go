// SPDX-License-Identifier: Apache-2.0

package attacks

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/test/integration/framework"
)

// What owners of Settings in these tests have in them, and what an attacker would like to be in them.
const (
	ourPalette   = `{"palette": {"hostURL": "https://palette.example.com", "secretRef": {"name": "credentials"}}}`
	evilPalette  = `{"palette": {"hostURL": "https://evil.example.com"}}`
	minimalNodes = `{"controlPlanePool": {"nodeCount": 1, "workerNodeEligible": true}, "sshKeys": ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPwAXxJEk7Yn1wQm1PZl0qs9W7qg4d5mW9m3rVXlnQ1y evil"]}`
)

// create makes an object of our group as the person, in any of its kinds.
func create(t *testing.T, who *framework.Person, version, resource, kind, namespace, name, spec string) error {
	t.Helper()
	body := fmt.Sprintf(`{"apiVersion": "spectrocloud.com/%s", "kind": %q, "metadata": {"name": %q}, "spec": %s}`, version, kind, name, spec)
	return who.REST().Post().AbsPath("/apis/spectrocloud.com/"+version+"/namespaces/"+namespace+"/"+resource).
		SetHeader("Content-Type", "application/json").Body([]byte(body)).Do(t.Context()).Error()
}

// effective is what a Project's effectivesettings say to the person.
func effective(t *testing.T, who *framework.Person, project string) (string, error) {
	t.Helper()
	body, err := who.REST().Get().Namespace(project).Resource("projects").Name(project).SubResource("effectivesettings").DoRaw(t.Context())
	return string(body), err
}

// refer makes the spec's field of a Project a reference.
func refer(t *testing.T, who *framework.Person, project, field, name, namespace string) error {
	t.Helper()
	patch := fmt.Sprintf(`{"spec": {%q: {"name": %q, "namespace": %q}}}`, field, name, namespace)
	_, err := who.Projects(project).Patch(t.Context(), project, types.MergePatchType, []byte(patch), metav1.PatchOptions{})
	return err
}

// TestNobodyPlantsWhatOthersLookFor is about the right to create Settings and ComputeConfigs in all namespaces, which
// the members of every Tenant's groups have. Others refer to those by name: a Project to Settings in its own namespace
// before those in its Tenant's, for example, which would then be the attacker's, merged with its Tenant's credentials.
func TestNobodyPlantsWhatOthersLookFor(t *testing.T) {
	mine, theirs := newParty(t), newParty(t)
	require.NoError(t, create(t, theirs.admin, "v1alpha1", "settings", "Settings", theirs.tenant, "main", `{"integrations": `+ourPalette+`}`))
	require.NoError(t, refer(t, theirs.admin, theirs.project, "settingsRef", "main", ""))
	_, err := cluster.Admin.Tenants().Patch(t.Context(), theirs.tenant, types.MergePatchType, []byte(`{"spec": {"settingsRef": {"name": "main"}}}`), metav1.PatchOptions{})
	require.NoError(t, err)
	before, err := effective(t, theirs.admin, theirs.project)
	require.NoError(t, err)
	require.Contains(t, before, "palette.example.com")

	for _, namespace := range []string{theirs.project, theirs.tenant, "palette-system", "kube-system", "default"} {
		for _, options := range []string{"", "?dryRun=All"} {
			err := create(t, mine.admin, "v1alpha1", "settings"+options, "Settings", namespace, "main", `{"integrations": `+evilPalette+`}`)
			assert.True(t, apierrors.IsForbidden(err), "Settings in %s%s: %v", namespace, options, err)
			err = create(t, mine.admin, "v1alpha1", "computeconfigs"+options, "ComputeConfig", namespace, "main", `{"paletteClusterConfig": {"defaults": `+minimalNodes+`}}`)
			assert.True(t, apierrors.IsForbidden(err), "a ComputeConfig in %s%s: %v", namespace, options, err)
		}
	}
	after, err := effective(t, theirs.admin, theirs.project)
	require.NoError(t, err)
	assert.Equal(t, before, after)
	for _, namespace := range []string{mine.tenant, mine.project} {
		assert.NoError(t, create(t, mine.admin, "v1alpha1", "settings", "Settings", namespace, "main", `{"integrations": `+ourPalette+`}`), namespace)
		assert.NoError(t, create(t, mine.admin, "v1alpha1", "computeconfigs", "ComputeConfig", namespace, "main", `{"paletteClusterConfig": {"defaults": `+minimalNodes+`}}`), namespace)
	}
}

// TestAReferenceReachesNoOtherTenant points every reference there is at what another Tenant has.
func TestAReferenceReachesNoOtherTenant(t *testing.T) {
	mine, theirs := newParty(t), newParty(t)
	secret := framework.Name("secret-settings")
	for _, namespace := range []string{theirs.tenant, theirs.project} {
		require.NoError(t, create(t, cluster.Admin, "v1alpha1", "settings", "Settings", namespace, secret, `{"integrations": `+ourPalette+`}`))
	}
	nothingChanges(t, func() {
		for _, namespace := range []string{theirs.tenant, theirs.project, "kube-system", "default", "../" + theirs.tenant, theirs.tenant + "/settings", "*", " " + mine.tenant} {
			for _, field := range []string{"settingsRef", "computeConfigRef"} {
				framework.Refused(t, refer(t, mine.admin, mine.project, field, secret, namespace), 422, "spec."+field+".namespace")
			}
			_, err := cluster.Admin.Tenants().Patch(t.Context(), mine.tenant, types.MergePatchType,
				fmt.Appendf(nil, `{"spec": {"settingsRef": {"name": %q, "namespace": %q}}}`, secret, namespace), metav1.PatchOptions{})
			framework.Refused(t, err, 422, "spec.settingsRef.namespace")
			for _, kind := range []struct{ version, resource, kind, spec, field string }{
				{"v1alpha1", "computepools", "ComputePool", `{"clusterVariant": %s, "profileBundleRef": %s}`, "spec.profileBundleRef.namespace"},
				{"v1alpha1", "computepools", "ComputePool", `{"clusterVariant": %s, "scalingPolicyRef": %s}`, "spec.scalingPolicyRef.namespace"},
				{"v1alpha1", "aiworkloads", "AIWorkload", `{"clusterVariant": %s, "profileBundleRef": %s}`, "spec.profileBundleRef.namespace"},
				{"v1beta1", "profilebundles", "ProfileBundle", `{"type": "Application", "displayName": %q, "workloadProfiles": [%s]}`, "spec.workloadProfiles[0].namespace"},
			} {
				variant := `{"dedicated": {"paletteClusterDeploymentConfig": {"controlPlanePool": {"nodeCount": 1, "workerNodeEligible": true}}}}`
				if kind.resource == "profilebundles" {
					variant = "x"
				}
				spec := fmt.Sprintf(kind.spec, variant, fmt.Sprintf(`{"name": %q, "namespace": %q}`, secret, namespace))
				err := create(t, mine.admin, kind.version, kind.resource, kind.kind, mine.project, framework.Name("deputy"), spec)
				framework.Refused(t, err, 422, kind.field)
			}
			for _, integration := range []string{"palette", "huggingFace", "nvidiaNGC"} {
				spec := fmt.Sprintf(`{"integrations": {%q: {"secretRef": {"name": "credentials", "namespace": %q}}}}`, integration, namespace)
				err := create(t, mine.admin, "v1alpha1", "settings", "Settings", mine.project, framework.Name("deputy"), spec)
				framework.Refused(t, err, 422, "spec.integrations."+integration+".secretRef.namespace")
			}
		}
		for _, name := range []string{"../" + theirs.tenant + "/" + secret, theirs.tenant + "/" + secret, "%2e%2e", ".."} {
			framework.Refused(t, refer(t, mine.admin, mine.project, "settingsRef", name, ""), 422, "spec.settingsRef.name")
		}
		for _, who := range []*framework.Person{mine.admin, cluster.Person(t, "nobody")} {
			_, err := effective(t, who, theirs.project)
			assert.True(t, apierrors.IsForbidden(err), "%v", err)
		}
	})
	text, err := effective(t, mine.admin, mine.project)
	require.NoError(t, err)
	assert.NotContains(t, text, "palette.example.com")
}

// TestEffectiveSettingsHoldNoSecret reads them where the Secret is there and readable to the one who wrote it.
func TestEffectiveSettingsHoldNoSecret(t *testing.T) {
	p := newParty(t)
	_, err := p.admin.Host.CoreV1().Secrets(p.project).Create(t.Context(), &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: "credentials"}, StringData: map[string]string{"palette": "hunter2"}}, metav1.CreateOptions{})
	require.NoError(t, err)
	require.NoError(t, create(t, p.admin, "v1alpha1", "settings", "Settings", p.project, "own", `{"integrations": `+ourPalette+`}`))
	require.NoError(t, refer(t, p.admin, p.project, "settingsRef", "own", ""))
	text, err := effective(t, p.admin, p.project)
	require.NoError(t, err)
	assert.Contains(t, text, "credentials")
	assert.NotContains(t, text, "hunter2")
	assert.NotContains(t, text, "aHVudGVyMg")
}

// TestANamespaceThatIsHandedOverOnceIsNotTakenAgain is about a namespace that was there before the Project it was handed
// to, and stays when that is deleted, with all that its members left in it. The next Project of that name may be anyone's.
func TestANamespaceThatIsHandedOverOnceIsNotTakenAgain(t *testing.T) {
	first, second := newParty(t), newParty(t)
	name := framework.Name("heritage")
	namespaces := cluster.Admin.Host.CoreV1().Namespaces()
	_, err := namespaces.Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name: name, Labels: map[string]string{v1alpha1.LabelAdopt: "project." + name}}}, metav1.CreateOptions{})
	require.NoError(t, err)
	_, err = first.admin.Projects(name).Create(t.Context(), framework.Project(name, first.tenant), metav1.CreateOptions{})
	require.NoError(t, err)
	cluster.ProjectReady(t, name)
	waitAllowed(t, first.admin, "delete", name)
	_, err = first.admin.Host.CoreV1().Secrets(name).Create(t.Context(), &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "left-behind"}}, metav1.CreateOptions{})
	require.NoError(t, err)
	require.NoError(t, first.admin.Projects(name).Delete(t.Context(), name, metav1.DeleteOptions{}))
	framework.Eventually(t, "the first Project's end", func(ctx context.Context) error {
		_, err := cluster.Admin.Projects(name).Get(ctx, name, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return nil
		}
		return errors.Join(err, errors.New("it is still there"))
	})

	_, err = second.admin.Projects(name).Create(t.Context(), framework.Project(name, second.tenant), metav1.CreateOptions{})
	require.NoError(t, err)
	waitBlocked(t, name, "NamespaceExists")
	_, err = second.admin.Host.CoreV1().Secrets(name).Get(t.Context(), "left-behind", metav1.GetOptions{})
	framework.Refused(t, err, 403, "cannot get resource")
}

// waitBlocked waits until the Project has been told that its namespace is not to be had.
func waitBlocked(t *testing.T, project, reason string) {
	t.Helper()
	framework.Eventually(t, "the refusal of namespace "+project, func(ctx context.Context) error {
		object, err := cluster.Admin.Projects(project).Get(ctx, project, metav1.GetOptions{})
		if err != nil {
			return err
		}
		for _, condition := range object.Status.Conditions {
			if condition.Type == v1alpha1.ConditionNamespaceReady && condition.Reason != "" {
				if condition.Reason != reason {
					return errors.New("NamespaceReady is " + condition.Reason)
				}
				return nil
			}
		}
		return errors.New("there is no condition NamespaceReady yet")
	})
}
