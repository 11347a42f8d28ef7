// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"fmt"

	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/klog/v2"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
)

// awaitSight returns when RBAC lets this program see all Tenants and Projects, or ctx is done. Caches that were filled
// before would hold none of them, and a watch goes on with the sight that it began with.
func (c *Config) awaitSight(ctx context.Context) error {
	return wait.PollUntilContextCancel(ctx, startRetry, true, func(ctx context.Context) (bool, error) {
		for _, resource := range []string{"tenants", "projects"} {
			if err := c.sees(ctx, resource); err != nil {
				klog.FromContext(ctx).Error(err, "Waiting to be let see everything")
				return false, nil
			}
		}
		return true, nil
	})
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
