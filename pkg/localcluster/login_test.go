// SPDX-License-Identifier: Apache-2.0

package localcluster

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	authenticationv1 "k8s.io/api/authentication/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

var alice = Identity{User: "alice", Groups: []string{"ml-engineers", "data-team"}, Lifetime: time.Hour}

// The parts share one cluster, in this order, because each start takes seconds.
func TestPeopleLogIn(t *testing.T) {
	cluster := startCluster(t, plain(t.TempDir()))

	t.Run("who logs in is who they are said to be, without any right", func(t *testing.T) {
		logIn(t, cluster, alice)
		client := clientset(t, contextOf(t, cluster, "alice"))
		assert.Equal(t, authenticationv1.UserInfo{
			Username: "alice", Groups: []string{"ml-engineers", "data-team", "system:authenticated"},
		}, whoAmI(t, contextOf(t, cluster, "alice")))
		_, err := client.CoreV1().Namespaces().List(t.Context(), metav1.ListOptions{})
		assert.True(t, apierrors.IsForbidden(err), "got %v", err)
	})
	t.Run("groups may have any name that a Project can give them, or there may be none", func(t *testing.T) {
		for _, groups := range [][]string{nil, {"/org/team a,b", "équipe", strings.Repeat("g", maxNameBytes)}} {
			config, err := cluster.LoginFor("bob@example.com", groups...)
			require.NoError(t, err)
			user := whoAmI(t, config)
			assert.Equal(t, "bob@example.com", user.Username)
			assert.Equal(t, append(groups, "system:authenticated"), user.Groups)
		}
	})
	t.Run("each has a context beside the administrator's, which stays the current one", func(t *testing.T) {
		before, err := clientcmd.LoadFromFile(cluster.Kubeconfig())
		require.NoError(t, err)
		logIn(t, cluster, Identity{User: "kubernetes-admin", Lifetime: time.Hour})
		again := alice
		again.Groups = []string{"auditors"}
		logIn(t, cluster, again)
		after, err := clientcmd.LoadFromFile(cluster.Kubeconfig())
		require.NoError(t, err)
		assert.ElementsMatch(t, []string{"local", "alice", "kubernetes-admin"}, names(after))
		assert.Equal(t, "local", after.CurrentContext)
		assert.Equal(t, before.AuthInfos["kubernetes-admin"], after.AuthInfos["kubernetes-admin"])
		assert.Contains(t, whoAmI(t, contextOf(t, cluster, "local")).Groups, "system:masters")
		assert.Equal(t, []string{"system:authenticated"}, whoAmI(t, contextOf(t, cluster, "kubernetes-admin")).Groups)
		assert.Equal(t, []string{"auditors", "system:authenticated"}, whoAmI(t, contextOf(t, cluster, "alice")).Groups)
		info, err := os.Stat(cluster.Kubeconfig())
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	})
	t.Run("no other token is believed", func(t *testing.T) { tokensAreRefused(t, cluster) })
	t.Run("the issuer listens on loopback, for those who know its authority", func(t *testing.T) {
		assert.True(t, strings.HasPrefix(cluster.issuer.url, "https://127.0.0.1:"), cluster.issuer.url)
		assert.NoError(t, get(cluster.issuer.discoveryURL(), cluster.certs.issuer.pool(), nil)(t.Context()))
		assert.Error(t, get(cluster.issuer.discoveryURL(), cluster.certs.tenancy.pool(), nil)(t.Context()),
			"who may serve our API may not say who everyone is")
	})
	t.Run("the issuer ends with the cluster", func(t *testing.T) {
		require.NoError(t, cluster.Stop())
		assert.ErrorContains(t, get(cluster.issuer.discoveryURL(), cluster.certs.issuer.pool(), nil)(t.Context()), "connection refused")
		assert.Empty(t, cluster.Failed())
	})
}

// tokensAreRefused tries tokens that each differ from a good one in one thing.
func tokensAreRefused(t *testing.T, cluster *Cluster) {
	stranger, err := newKey()
	require.NoError(t, err)
	hour := func(from time.Time) *jwt.NumericDate { return jwt.NewNumericDate(from.Add(time.Hour)) }
	for name, test := range map[string]struct {
		change   func(*claims)
		key      any
		method   jwt.SigningMethod
		accepted bool
	}{
		"a good one":            {accepted: true},
		"another key's":         {key: stranger},
		"unsigned":              {key: jwt.UnsafeAllowNoneSignatureType, method: jwt.SigningMethodNone},
		"expired":               {change: func(c *claims) { c.ExpiresAt = hour(time.Now().Add(-2 * time.Hour)) }},
		"without an end":        {change: func(c *claims) { c.ExpiresAt = nil }},
		"for another audience":  {change: func(c *claims) { c.Audience = jwt.ClaimStrings{"kubernetes"} }},
		"from another issuer":   {change: func(c *claims) { c.Issuer = "https://elsewhere.localhost" }},
		"for nobody":            {change: func(c *claims) { c.Subject = "" }},
		"system:masters":        {change: func(c *claims) { c.Groups = append(c.Groups, "system:masters") }},
		"only system:masters":   {change: func(c *claims) { c.Groups = []string{"system:masters"} }},
		"a system user":         {change: func(c *claims) { c.Subject = "system:kube-controller-manager" }},
		"a service account":     {change: func(c *claims) { c.Subject = "system:serviceaccount:kube-system:default" }},
		"a group with a prefix": {change: func(c *claims) { c.Groups = []string{"not-system:masters"} }, accepted: true},
	} {
		t.Run(name, func(t *testing.T) {
			c := claims{Groups: []string{"ml-engineers"}, RegisteredClaims: jwt.RegisteredClaims{
				Issuer: issuerURL, Audience: jwt.ClaimStrings{audience}, Subject: "mallory", ExpiresAt: hour(time.Now()),
			}}
			if test.change != nil {
				test.change(&c)
			}
			var key any = cluster.certs.idTokens
			if test.key != nil {
				key = test.key
			}
			var method jwt.SigningMethod = jwt.SigningMethodES256
			if test.method != nil {
				method = test.method
			}
			token, err := jwt.NewWithClaims(method, c).SignedString(key)
			require.NoError(t, err)
			config := cluster.configWith(nil)
			config.BearerToken = token
			_, err = clientset(t, config).AuthenticationV1().SelfSubjectReviews().
				Create(t.Context(), &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
			assert.Equal(t, !test.accepted, apierrors.IsUnauthorized(err), "got %v", err)
		})
	}
}

func TestWhoMakesNoSenseIsNotLoggedIn(t *testing.T) {
	dir := t.TempDir()
	_, err := loadCertificates(filepath.Join(dir, "pki"))
	require.NoError(t, err)
	for want, change := range map[string]func(*Identity){
		"":                   func(*Identity) {},
		"an empty user name": func(i *Identity) { i.User = "" },
		`user "system:admin": names that begin with system: are Kubernetes' own`: func(i *Identity) { i.User = "system:admin" },
		`user "local": the administrator's context has that name`:                func(i *Identity) { i.User = "local" },
		"an empty group name": func(i *Identity) { i.Groups = []string{"a", ""} },
		`group "system:masters": names that begin with system: are Kubernetes' own`: func(i *Identity) {
			i.Groups = []string{"a", "system:masters"}
		},
		`group "gggggggggggggggggggg"...: a name of 254 bytes, want 253 at most`: func(i *Identity) {
			i.Groups = []string{strings.Repeat("g", 254)}
		},
		`group " a": want text without spaces around it`: func(i *Identity) { i.Groups = []string{" a"} },
		`user "a\nb": want text`:                         func(i *Identity) { i.User = "a\nb" },
		`user "a\xff": want text`:                        func(i *Identity) { i.User = "a\xff" },
		"a lifetime of -1h0m0s: want a second at least":  func(i *Identity) { i.Lifetime = -time.Hour },
		"a lifetime of 0s: want a second at least":       func(i *Identity) { i.Lifetime = 0 },
	} {
		t.Run(want, func(t *testing.T) {
			person := alice
			change(&person)
			_, err := Token(dir, person)
			if want == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, want)
			}
		})
	}
	t.Run("where no cluster is", func(t *testing.T) {
		empty := t.TempDir()
		_, err := Login(empty, alice)
		require.ErrorContains(t, err, empty+" holds no cluster that people can log in to: start one there, or name another directory")
		left, err := os.ReadDir(empty)
		require.NoError(t, err)
		assert.Empty(t, left)
	})
	t.Run("where the kubeconfig can't be read", func(t *testing.T) {
		require.NoError(t, os.WriteFile(kubeconfigIn(dir), []byte("{"), 0o600))
		_, err := Login(dir, alice)
		require.ErrorContains(t, err, kubeconfigIn(dir))
		assert.ErrorContains(t, err, "remove the file to have a new one made")
	})
}

func TestManyLogInAtOnce(t *testing.T) {
	dir := t.TempDir()
	_, err := loadCertificates(filepath.Join(dir, "pki"))
	require.NoError(t, err)
	var all sync.WaitGroup
	for i := range 32 {
		all.Go(func() {
			_, err := Login(dir, Identity{User: fmt.Sprint("user-", i), Lifetime: time.Hour})
			assert.NoError(t, err)
		})
	}
	all.Wait()
	config, err := clientcmd.LoadFromFile(kubeconfigIn(dir))
	require.NoError(t, err)
	assert.Len(t, names(config), 32)
}

func logIn(t *testing.T, cluster *Cluster, person Identity) {
	t.Helper()
	kubeconfig, err := Login(cluster.Dir(), person)
	require.NoError(t, err)
	require.Equal(t, cluster.Kubeconfig(), kubeconfig)
}

// contextOf returns the client configuration of that context of the cluster's kubeconfig.
func contextOf(t *testing.T, cluster *Cluster, name string) *rest.Config {
	t.Helper()
	file, err := clientcmd.LoadFromFile(cluster.Kubeconfig())
	require.NoError(t, err)
	config, err := clientcmd.NewNonInteractiveClientConfig(*file, name, nil, nil).ClientConfig()
	require.NoError(t, err)
	return config
}

// whoAmI returns for whom kube-apiserver takes the client, without what it adds by itself.
func whoAmI(t *testing.T, config *rest.Config) authenticationv1.UserInfo {
	t.Helper()
	review, err := clientset(t, config).AuthenticationV1().SelfSubjectReviews().
		Create(t.Context(), &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
	require.NoError(t, err)
	user := review.Status.UserInfo
	user.Extra = nil
	return user
}

func names(config *clientcmdapi.Config) []string {
	return slices.Collect(maps.Keys(config.Contexts))
}
