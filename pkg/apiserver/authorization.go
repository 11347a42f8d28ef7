// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"fmt"

	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/apiserver/pkg/authorization/authorizerfactory"
	"k8s.io/apiserver/pkg/authorization/path"
	"k8s.io/apiserver/pkg/authorization/union"
	genericoptions "k8s.io/apiserver/pkg/server/options"
	authorizationclient "k8s.io/client-go/kubernetes/typed/authorization/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// newAuthorizer asks kube-apiserver as upstream's delegated authorizer does, but without its limit of 200 requests a
// second, which is hard-coded. Each Project is created in a namespace of its own, so that no answer is found in the
// cache and the limit would be that of Projects. kube-apiserver's priority and fairness is what protects it.
func newAuthorizer(options *genericoptions.DelegatingAuthorizationOptions) (authorizer.Authorizer, error) {
	config, err := delegationConfig(options.RemoteKubeConfigFile)
	if err != nil {
		return nil, fmt.Errorf("delegated authorization: %w", err)
	}
	config.QPS, config.Timeout = -1, options.ClientTimeout
	client, err := authorizationclient.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("delegated authorization: %w", err)
	}
	paths, err := path.NewAuthorizer(options.AlwaysAllowPaths)
	if err != nil {
		return nil, fmt.Errorf("--authorization-always-allow-paths: %w", err)
	}
	delegated, err := authorizerfactory.DelegatingAuthorizerConfig{
		SubjectAccessReviewClient: client,
		AllowCacheTTL:             options.AllowCacheTTL,
		DenyCacheTTL:              options.DenyCacheTTL,
		WebhookRetryBackoff:       options.WebhookRetryBackoff,
	}.New()
	if err != nil {
		return nil, fmt.Errorf("delegated authorization: %w", err)
	}
	return union.New(
		union.NamedAuthorizer{AuthorizerName: "always-allow-groups", Authorizer: authorizerfactory.NewPrivilegedGroups(options.AlwaysAllowGroups...)},
		union.NamedAuthorizer{AuthorizerName: "always-allow-paths", Authorizer: paths},
		union.NamedAuthorizer{AuthorizerName: "kube-apiserver", Authorizer: delegated},
	)
}

// delegationConfig is how to reach the host cluster's kube-apiserver: by the kubeconfig if one is named, or as the pod.
func delegationConfig(kubeconfig string) (*rest.Config, error) {
	if kubeconfig == "" {
		return rest.InClusterConfig()
	}
	return clientcmd.BuildConfigFromFlags("", kubeconfig)
}
