// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	apilabels "k8s.io/apimachinery/pkg/labels"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"
	"k8s.io/klog/v2"
	"k8s.io/utils/lru"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/pkg/access"
	"spectrocloud.com/tenancy/pkg/controllers/claim"
)

// ConfigMaps are the rule ConfigMaps of a host cluster.
type ConfigMaps struct {
	client          kubernetes.Interface
	cache           corelisters.ConfigMapLister
	namespaces      corelisters.NamespaceLister
	systemNamespace string
	fieldManager    string
	// parsed holds what texts came to: the Projects of a Tenant have theirs from the same three, and most Tenants too.
	parsed *lru.Cache
}

// mostParsed bounds the texts that are remembered, of at most 64 KiB each.
const mostParsed = 256

// New returns the rule ConfigMaps of a host cluster; cache needs to see those with the managed-by label only.
func New(client kubernetes.Interface, cache corelisters.ConfigMapLister, namespaces corelisters.NamespaceLister, systemNamespace, fieldManager string) *ConfigMaps {
	return &ConfigMaps{client, cache, namespaces, systemNamespace, fieldManager, lru.New(mostParsed)}
}

// EnsureTemplates creates the system namespace and the templates in it where they are missing.
func (c *ConfigMaps) EnsureTemplates(ctx context.Context) error {
	_, err := c.client.CoreV1().Namespaces().Create(ctx,
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: c.systemNamespace}}, metav1.CreateOptions{FieldManager: c.fieldManager})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("create the system namespace %s: %w", c.systemNamespace, err)
	}
	for _, tier := range access.Tiers {
		if err := c.ensure(ctx, c.systemNamespace, tier, map[string]string{access.LabelManagedBy: access.ManagedBy}, tier.DefaultRules()); err != nil {
			return err
		}
	}
	return nil
}

// EnsureCopies creates the Tenant's copies where they are missing, from the templates as they are now. The Tenant must
// hold its namespace.
func (c *ConfigMaps) EnsureCopies(ctx context.Context, tenant *v1alpha1.Tenant) error {
	for _, tier := range access.Tiers {
		if err := c.ensure(ctx, tenant.Name, tier, access.TenantLabels(tenant.Name), c.template(ctx, tier)); err != nil {
			return err
		}
	}
	return nil
}

// ensure creates a tier's ConfigMap. One that is there keeps its data, and gets the labels back that the caches find it by.
func (c *ConfigMaps) ensure(ctx context.Context, namespace string, tier access.Tier, labels map[string]string, data string) error {
	cached, err := c.cache.ConfigMaps(namespace).Get(tier.ConfigMap())
	if err == nil && cached.Labels[v1alpha1.LabelTenant] == labels[v1alpha1.LabelTenant] {
		return nil
	}
	client := c.client.CoreV1().ConfigMaps(namespace)
	_, err = client.Create(ctx, &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: tier.ConfigMap(), Labels: labels}, Data: map[string]string{access.RulesKey: data},
	}, metav1.CreateOptions{FieldManager: c.fieldManager})
	if err == nil || !apierrors.IsAlreadyExists(err) {
		return err
	}
	live, err := client.Get(ctx, tier.ConfigMap(), metav1.GetOptions{})
	if err != nil {
		return err
	}
	if selector := apilabels.SelectorFromSet(labels); selector.Matches(apilabels.Set(live.Labels)) {
		return nil // It was the cache that had yet to be filled.
	}
	_, err = client.Apply(ctx, corev1ac.ConfigMap(tier.ConfigMap(), namespace).WithUID(live.UID).WithLabels(labels),
		metav1.ApplyOptions{FieldManager: c.fieldManager, Force: true})
	return err
}

// template is the rules.yaml of a tier's template, or the built-in one where that is missing or refused.
func (c *ConfigMaps) template(ctx context.Context, tier access.Tier) string {
	template, err := c.cache.ConfigMaps(c.systemNamespace).Get(tier.ConfigMap())
	if err != nil {
		return tier.DefaultRules()
	}
	if _, err := c.parse(template.Data[access.RulesKey]); err != nil {
		klog.FromContext(ctx).Error(err, "A rule template is refused and the built-in one used instead", "configMap", klog.KObj(template))
		return tier.DefaultRules()
	}
	return template.Data[access.RulesKey]
}

// Template returns the rules that a tier starts from.
func (c *ConfigMaps) Template(ctx context.Context, tier access.Tier) ([]rbacv1.PolicyRule, error) {
	return c.parse(c.template(ctx, tier))
}

// verdict is what a text came to.
type verdict struct {
	rules []rbacv1.PolicyRule
	err   error
}

// parse is access.ParseRules for texts that come again and again. Nobody may change the rules.
func (c *ConfigMaps) parse(text string) ([]rbacv1.PolicyRule, error) {
	if known, ok := c.parsed.Get(text); ok {
		return known.(verdict).rules, known.(verdict).err
	}
	rules, err := access.ParseRules(text)
	c.parsed.Add(text, verdict{rules, err})
	return rules, err
}

// Refused is a rule ConfigMap of a Tenant that can't be used, and why.
type Refused struct {
	ConfigMap *corev1.ConfigMap
	Err       error
}

// Of returns the rules of each tier in the Tenant's Projects, and those of its ConfigMaps that are refused. A tier whose
// copy is missing has the template's rules; one whose copy is refused has none. Copies count only in a namespace that the
// Tenant holds: in one that it merely shares its name with, they are someone else's.
func (c *ConfigMaps) Of(ctx context.Context, tenant *v1alpha1.Tenant) (access.Rules, map[access.Tier]Refused, error) {
	namespace, err := c.namespaces.Get(tenant.Name)
	if err != nil && !apierrors.IsNotFound(err) {
		return nil, nil, err
	}
	held := err == nil && claim.HeldBy(namespace, tenant.UID)
	found, refused := access.Rules{}, map[access.Tier]Refused{}
	for _, tier := range access.Tiers {
		var copied *corev1.ConfigMap
		if held {
			if copied, err = c.copyOf(ctx, tenant.Name, tier); err != nil && !apierrors.IsNotFound(err) {
				return nil, nil, err
			}
		}
		if !held || err != nil {
			found[tier], err = c.Template(ctx, tier)
		} else {
			found[tier], err = c.parse(copied.Data[access.RulesKey])
		}
		if err != nil {
			delete(found, tier)
			refused[tier] = Refused{ConfigMap: copied, Err: err}
		}
	}
	return found, refused, nil
}

// copyOf returns a tier's ConfigMap in the Tenant's namespace. The server has the last word on a missing one: the cache does
// not see a copy that has lost its labels, and its Projects must not fall back to the template for as long as that lasts.
func (c *ConfigMaps) copyOf(ctx context.Context, tenant string, tier access.Tier) (*corev1.ConfigMap, error) {
	cached, err := c.cache.ConfigMaps(tenant).Get(tier.ConfigMap())
	if apierrors.IsNotFound(err) {
		return c.client.CoreV1().ConfigMaps(tenant).Get(ctx, tier.ConfigMap(), metav1.GetOptions{})
	}
	return cached, err
}

// RemoveCopies deletes the Tenant's copies, for a namespace that stays.
func (c *ConfigMaps) RemoveCopies(ctx context.Context, tenant string) error {
	client := c.client.CoreV1().ConfigMaps(tenant)
	for _, tier := range access.Tiers {
		live, err := client.Get(ctx, tier.ConfigMap(), metav1.GetOptions{})
		if apierrors.IsNotFound(err) || err == nil && live.Labels[v1alpha1.LabelTenant] != tenant {
			continue
		}
		if err != nil {
			return err
		}
		err = client.Delete(ctx, tier.ConfigMap(), metav1.DeleteOptions{Preconditions: metav1.NewUIDPreconditions(string(live.UID))})
		if err != nil && !apierrors.IsNotFound(err) {
			return err
		}
	}
	return nil
}
