// SPDX-License-Identifier: Apache-2.0

package attacks

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"spectrocloud.com/tenancy/test/integration/framework"
)

// planted is a Secret that some program believes, whoever made it.
type planted struct {
	namespace, name string
	kind            corev1.SecretType
	labels          map[string]string
}

// ofHelm is how Helm finds its records of what is installed, whatever their names and types.
var ofHelm = map[string]string{"owner": "helm", "name": "app", "version": "2", "status": "deployed"}

func (p planted) secret() *corev1.Secret {
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: p.name, Labels: p.labels}, Type: p.kind}
	if p.name == "" {
		secret.GenerateName = "tenancy-"
	}
	switch p.kind {
	case corev1.SecretTypeServiceAccountToken:
		secret.Annotations = map[string]string{corev1.ServiceAccountNameKey: "default"}
	case corev1.SecretTypeBootstrapToken:
		secret.StringData = map[string]string{"token-id": "abcdef", "token-secret": "0123456789abcdef",
			"usage-bootstrap-authentication": "true", "auth-extra-groups": "system:bootstrappers:kubeadm:default-node-token"}
	}
	return secret
}

func plant(ctx context.Context, who *framework.Person, what planted, dryRun ...string) error {
	_, err := who.Host.CoreV1().Secrets(what.namespace).Create(ctx, what.secret(), metav1.CreateOptions{DryRun: dryRun})
	return err
}

// TestNobodyPlantsASecretThatIsBelieved is about the right to create Secrets in all namespaces, which the members of
// every Tenant's groups have: to become the authority that kube-apiserver trusts to be tenancy, a node, or a service account.
func TestNobodyPlantsASecretThatIsBelieved(t *testing.T) {
	mine, theirs := newParty(t), newParty(t)
	believed := []planted{
		{namespace: "palette-system", name: "tenancy-ca"},
		{namespace: "palette-system", name: "tenancy-ca-certmanager", kind: corev1.SecretTypeOpaque},
		{namespace: "palette-system", name: "any"},
		{namespace: "palette-system"},
		{namespace: "kube-system", name: "any"},
		{namespace: "kube-public", name: "any"},
		{namespace: "kube-system", name: "bootstrap-token-abcdef", kind: corev1.SecretTypeBootstrapToken},
		{namespace: "default", name: "token", kind: corev1.SecretTypeServiceAccountToken},
		{namespace: theirs.project, name: "token", kind: corev1.SecretTypeServiceAccountToken},
		{namespace: mine.tenant, name: "token", kind: corev1.SecretTypeServiceAccountToken}, // Which they could read.
		{namespace: theirs.project, name: "sh.helm.release.v1.app.v2"},
		{namespace: "default", labels: ofHelm},
	}
	nothingChanges(t, func() {
		for _, what := range believed {
			for _, dryRun := range [][]string{{metav1.DryRunAll}, nil} {
				framework.Refused(t, plant(t.Context(), mine.admin, what, dryRun...), 403, "does not extend to them", what.namespace)
			}
		}
	})

	t.Run("other Secrets are created as before", func(t *testing.T) {
		for _, what := range []planted{
			{namespace: mine.project, name: "any"}, {namespace: mine.tenant, name: "any"}, {namespace: theirs.project, name: "any"}, {namespace: "default"},
			{namespace: mine.project, name: "token", kind: corev1.SecretTypeServiceAccountToken},
			{namespace: mine.project, name: "sh.helm.release.v1.app.v2", kind: "helm.sh/release.v1", labels: ofHelm},
			{namespace: mine.project, name: "login", kind: "example.com/any"},
		} {
			assert.NoError(t, plant(t.Context(), mine.admin, what, metav1.DryRunAll), what)
		}
	})
	t.Run("a Secret that is theirs is not turned into one", func(t *testing.T) {
		secrets := mine.admin.Host.CoreV1().Secrets(mine.project)
		secret, err := secrets.Create(t.Context(), planted{name: "harmless"}.secret(), metav1.CreateOptions{})
		require.NoError(t, err)
		secret.Type = corev1.SecretTypeBootstrapToken
		_, err = secrets.Update(t.Context(), secret, metav1.UpdateOptions{})
		framework.Refused(t, err, 422, "type", "immutable")
	})
	t.Run("who may change them creates them", func(t *testing.T) {
		administrators, appliers := framework.Name("administrators"), framework.Name("appliers")
		grant(t, administrators, rbacv1.PolicyRule{APIGroups: []string{"*"}, Resources: []string{"*"}, Verbs: []string{"*"}})
		grant(t, appliers, rbacv1.PolicyRule{APIGroups: []string{""}, Resources: []string{"secrets"}, Verbs: []string{"create", "patch"}})
		for _, who := range []*framework.Person{cluster.Admin, cluster.Person(t, "root", administrators), cluster.Person(t, "applier", appliers)} {
			waitMayCreateSecrets(t, who)
			for _, what := range believed {
				assert.NoError(t, plant(t.Context(), who, what, metav1.DryRunAll), what)
			}
		}
	})
	t.Run("service accounts are in no Tenant, and create what their roles say", func(t *testing.T) {
		installer := framework.Name("installer")
		grant(t, "system:serviceaccounts:"+installer, rbacv1.PolicyRule{APIGroups: []string{""}, Resources: []string{"secrets"}, Verbs: []string{"create", "get"}})
		account := cluster.Person(t, "system:serviceaccount:"+installer+":default", "system:serviceaccounts", "system:serviceaccounts:"+installer)
		waitMayCreateSecrets(t, account)
		for _, what := range believed {
			assert.NoError(t, plant(t.Context(), account, what, metav1.DryRunAll), what)
		}
	})
}

// waitMayCreateSecrets waits until a role that has just been granted counts.
func waitMayCreateSecrets(t *testing.T, who *framework.Person) {
	t.Helper()
	framework.Eventually(t, "the right to create Secrets", func(ctx context.Context) error {
		return plant(ctx, who, planted{namespace: "default"}, metav1.DryRunAll)
	})
}
