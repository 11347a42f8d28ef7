// SPDX-License-Identifier: Apache-2.0

package localcluster

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"
	"k8s.io/client-go/rest"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// Identity is what an ID token says of a person, and for how long.
type Identity struct {
	User     string
	Groups   []string
	Lifetime time.Duration
}

// claims is what an ID token says.
type claims struct {
	jwt.RegisteredClaims
	Groups []string `json:"groups,omitempty"`
}

// maxNameBytes bounds the names of users and groups. No Tenant or Project can name a longer group.
const maxNameBytes = 253

// validate returns what is wrong with the identity.
func (i Identity) validate() error {
	errs := []error{validateName("user", i.User)}
	if i.User == adminContext {
		errs = append(errs, fmt.Errorf("user %q: the administrator's context has that name", i.User))
	}
	for _, group := range i.Groups {
		errs = append(errs, validateName("group", group))
	}
	if i.Lifetime < time.Second {
		errs = append(errs, fmt.Errorf("a lifetime of %s: want a second at least", i.Lifetime))
	}
	return errors.Join(errs...)
}

// validateName returns what keeps a name from being one that kube-apiserver takes from
// an issuer, and passes on to API servers in a header.
func validateName(of, name string) error {
	switch {
	case name == "":
		return fmt.Errorf("an empty %s name", of)
	case len(name) > maxNameBytes:
		return fmt.Errorf("%s %.20q...: a name of %d bytes, want %d at most", of, name, len(name), maxNameBytes)
	case strings.HasPrefix(name, "system:"):
		return fmt.Errorf("%s %q: names that begin with system: are Kubernetes' own", of, name)
	case name != strings.TrimSpace(name) || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
		return fmt.Errorf("%s %q: want text without spaces around it and without control characters", of, name)
	}
	return nil
}

// Token returns an ID token for the person, with which the cluster in dir takes them for
// who they are said to be. The cluster need not run, but must have been started once.
func Token(dir string, person Identity) (string, error) {
	if err := person.validate(); err != nil {
		return "", err
	}
	key, err := loadIDTokenKey(filepath.Join(dir, "pki"))
	if os.IsNotExist(err) {
		return "", fmt.Errorf("%s holds no cluster that people can log in to: start one there, or name another directory: %w", dir, err)
	}
	if err != nil {
		return "", err
	}
	now := time.Now()
	return jwt.NewWithClaims(jwt.SigningMethodES256, claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: issuerURL, Audience: jwt.ClaimStrings{audience}, Subject: person.User,
			IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(person.Lifetime)),
		},
		Groups: person.Groups,
	}).SignedString(key)
}

// Login puts a new ID token for the person into the kubeconfig of the cluster in dir, in
// a context of the user's name, and returns the kubeconfig's path. Which context is
// current does not change. It may be called while the cluster runs or does not.
func Login(dir string, person Identity) (kubeconfig string, err error) {
	token, err := Token(dir, person)
	if err != nil {
		return "", err
	}
	if kubeconfig, err = filepath.Abs(kubeconfigIn(dir)); err != nil {
		return "", err
	}
	return kubeconfig, updateKubeconfig(kubeconfig, func(config *clientcmdapi.Config) {
		user := "oidc:" + person.User // What the administrator is called must not matter.
		config.AuthInfos[user] = &clientcmdapi.AuthInfo{Token: token}
		config.Contexts[person.User] = &clientcmdapi.Context{Cluster: clusterName, AuthInfo: user}
	})
}

// LoginFor returns a client configuration for a person who has logged in, for a day,
// with an ID token of that user name and those groups.
func (c *Cluster) LoginFor(user string, groups ...string) (*rest.Config, error) {
	token, err := Token(c.options.Dir, Identity{User: user, Groups: groups, Lifetime: peopleLifetime})
	if err != nil {
		return nil, err
	}
	config := c.configWith(nil)
	config.BearerToken = token
	return config, nil
}
