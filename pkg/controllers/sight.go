// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"fmt"
	"slices"

	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/discovery"
	"k8s.io/klog/v2"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
)

// awaitSight returns when our API is there and RBAC lets this program see all Tenants and Projects, or ctx is done. Caches
// that were filled before would hold none of them, and a watch goes on with the sight that it began with; and informers that
// had not found the API would look for it again only after half a minute.
func (c *Config) awaitSight(ctx context.Context) error {
	said := ""
	return wait.PollUntilContextCancel(ctx, startRetry, true, func(ctx context.Context) (bool, error) {
		err := c.look(ctx)
		if err != nil && err.Error() != said {
			said = err.Error()
			klog.FromContext(ctx).Info("Waiting for the tenancy API", "reason", said)
		}
		return err == nil, nil
	})
}

// look is an error unless our API answers, and shows this program everything.
func (c *Config) look(ctx context.Context) error {
	for _, resource := range []string{"tenants", "projects"} {
		if err := c.sees(ctx, resource); err != nil {
			return err
		}
	}
	return c.served(ctx)
}

// served is an error unless clients find both versions of our API, and somebody answers.
func (c *Config) served(ctx context.Context) error {
	client := discovery.ToDiscoveryInterfaceWithContext(c.tenancy.Discovery())
	_, lists, err := client.ServerGroupsAndResourcesWithContext(ctx)
	if err != nil && !discovery.IsGroupDiscoveryFailedError(err) { // Other groups are none of our business.
		return fmt.Errorf("reading which APIs there are: %w", err)
	}
	for _, version := range []schema.GroupVersion{
		c.tenancy.SpectrocloudV1alpha1().RESTClient().APIVersion(), c.tenancy.SpectrocloudV1beta1().RESTClient().APIVersion(),
	} {
		if !slices.ContainsFunc(lists, func(list *metav1.APIResourceList) bool {
			return list.GroupVersion == version.String() && len(list.APIResources) > 0
		}) {
			return fmt.Errorf("%s is not served yet: see APIService %s.%s", version, version.Version, version.Group)
		}
		if _, err := client.ServerResourcesForGroupVersionWithContext(ctx, version.String()); err != nil {
			return fmt.Errorf("asking for the resources of %s: %w", version, err)
		}
	}
	return nil
}

// sees is an error unless RBAC lets this program see all objects of a resource.
func (c *Config) sees(ctx context.Context, resource string) error {
	review, err := c.host.AuthorizationV1().SelfSubjectAccessReviews().Create(ctx, &authorizationv1.SelfSubjectAccessReview{
		Spec: authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: &authorizationv1.ResourceAttributes{
			Verb: v1alpha1.VerbListAll, Group: v1alpha1.GroupName, Version: "*", Resource: resource,
		}},
	}, metav1.CreateOptions{})
	if err != nil {
		return fmt.Errorf("asking whether %s are all to be seen: %w", resource, err)
	}
	if !review.Status.Allowed {
		return fmt.Errorf("RBAC does not grant verb %s on %s.%s: bind ClusterRole tenancy:listall to this program", v1alpha1.VerbListAll, resource, v1alpha1.GroupName)
	}
	return nil
}
