// SPDX-License-Identifier: Apache-2.0

package defaults

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"spectrocloud.com/tenancy/generated/clientset/versioned"
	"spectrocloud.com/tenancy/generated/clientset/versioned/typed/spectrocloud/v1alpha1"
)

// kind is how the objects of one kind are written and read, by the typed client of theirs.
type kind struct {
	create func(ctx context.Context, object object, options metav1.CreateOptions) error
	get    func(ctx context.Context, namespace, name string) (object, error)
	patch  func(ctx context.Context, namespace, name string, merge []byte, options metav1.PatchOptions) error
}

// kindsOf are the kinds that there are defaults of.
func kindsOf(tenancy versioned.Interface) map[string]kind {
	alpha, beta := tenancy.SpectrocloudV1alpha1(), tenancy.SpectrocloudV1beta1()
	return map[string]kind{
		"Tenant":              kindOf(func(string) v1alpha1.TenantInterface { return alpha.Tenants() }),
		"Project":             kindOf(alpha.Projects),
		"ScalingPolicy":       kindOf(alpha.ScalingPolicies),
		"ComponentDefinition": kindOf(beta.ComponentDefinitions),
		"TraitDefinition":     kindOf(beta.TraitDefinitions),
		"PolicyDefinition":    kindOf(beta.PolicyDefinitions),
	}
}

// client is what the typed clients have in common.
type client[T any] interface {
	Create(ctx context.Context, object T, options metav1.CreateOptions) (T, error)
	Get(ctx context.Context, name string, options metav1.GetOptions) (T, error)
	Patch(ctx context.Context, name string, pt types.PatchType, data []byte, options metav1.PatchOptions, subresources ...string) (T, error)
}

func kindOf[T object, C client[T]](in func(namespace string) C) kind {
	return kind{
		create: func(ctx context.Context, object object, options metav1.CreateOptions) error {
			typed, ok := object.(T)
			if !ok {
				return fmt.Errorf("%T is not of the kind that it says", object)
			}
			_, err := in(object.GetNamespace()).Create(ctx, typed, options)
			return err
		},
		get: func(ctx context.Context, namespace, name string) (object, error) {
			return in(namespace).Get(ctx, name, metav1.GetOptions{})
		},
		patch: func(ctx context.Context, namespace, name string, merge []byte, options metav1.PatchOptions) error {
			_, err := in(namespace).Patch(ctx, name, types.MergePatchType, merge, options)
			return err
		},
	}
}
