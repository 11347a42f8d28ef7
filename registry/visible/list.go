// SPDX-License-Identifier: Apache-2.0

package visible

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"k8s.io/apimachinery/pkg/api/meta"
	metainternalversion "k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/endpoints/request"
	apistorage "k8s.io/apiserver/pkg/storage"
)

const (
	// mostLookups is the number of groups beyond which to look up each costs more than to read 10,000 objects.
	mostLookups = 1000
	// mostTries bounds how often lists by group are tried again where objects change in between.
	mostTries = 3
)

// List lists what the caller sees.
func (s *Store) List(ctx context.Context, options *metainternalversion.ListOptions) (runtime.Object, error) {
	c, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	all, err := s.everything(ctx, c)
	if err != nil {
		return nil, err
	}
	options = optionsOf(options)
	if all {
		return s.REST.List(ctx, options)
	}
	if s.indexed(ctx, options) && len(c.groups) <= mostLookups {
		for range mostTries {
			if merged, err := s.listByGroup(ctx, options, c.groups); err != nil || merged != nil {
				return merged, err
			}
		}
	}
	return s.scan(ctx, selecting(options, c.selector))
}

// indexed tells whether the watch cache can answer from its index: it has one of the latest objects only. Within one
// namespace, or for one object, there is nothing to gain.
func (s *Store) indexed(ctx context.Context, options *metainternalversion.ListOptions) bool {
	latest := options.ResourceVersion == "" || options.ResourceVersion == "0"
	switch {
	case options.Continue != "", options.ResourceVersionMatch == metav1.ResourceVersionMatchExact:
		return false
	case options.ResourceVersionMatch == "" && options.Limit > 0 && !latest: // Which is an exact match too.
		return false
	case request.NamespaceValue(ctx) != "":
		return false
	case options.FieldSelector == nil:
		return true
	}
	_, namespace := options.FieldSelector.RequiresExactMatch("metadata.namespace")
	_, name := options.FieldSelector.RequiresExactMatch("metadata.name")
	return !namespace && !(name && !s.NamespaceScoped())
}

// scan reads all and returns what options select. A page that only objects follow which they don't is the last: whether
// there are such is not for the caller to know.
func (s *Store) scan(ctx context.Context, options *metainternalversion.ListOptions) (runtime.Object, error) {
	list, err := s.REST.List(ctx, options)
	if err != nil {
		return nil, err
	}
	page, err := meta.ListAccessor(list)
	if err != nil || page.GetContinue() == "" {
		return list, err
	}
	next := options.DeepCopy()
	next.ResourceVersion, next.ResourceVersionMatch, next.Limit, next.Continue = "", "", 1, page.GetContinue()
	rest, err := s.REST.List(ctx, next)
	if err != nil {
		return nil, err
	}
	if meta.LenList(rest) == 0 {
		page.SetContinue("")
	}
	return list, nil
}

// listByGroup lists what each of the groups sees, at the cost of what it finds, and merges it. It returns nil if the lists
// are not of one moment because objects changed in between.
func (s *Store) listByGroup(ctx context.Context, options *metainternalversion.ListOptions, groups []string) (runtime.Object, error) {
	selectors := []selector{forGroups()} // Who has no groups sees nothing, at some resourceVersion.
	if len(groups) > 0 {
		selectors = selectors[:0]
		for _, group := range groups {
			selectors = append(selectors, forGroups(group))
		}
	}
	each := options.DeepCopy()
	if each.ResourceVersion == "0" {
		each.Limit = 0 // As everywhere.
	}
	merged := merging{objects: map[string]runtime.Object{}}
	for _, selector := range selectors {
		list, err := s.REST.List(ctx, selecting(each, selector))
		if err != nil {
			return nil, err
		}
		if same, err := merged.add(list); err != nil || !same {
			return nil, err
		}
		each.ResourceVersion, each.ResourceVersionMatch = merged.page.GetResourceVersion(), metav1.ResourceVersionMatchNotOlderThan
	}
	return merged.list(each.Limit, s.KeyRootFunc(ctx))
}

// merging is one list made of several.
type merging struct {
	first   runtime.Object
	page    metav1.ListInterface
	objects map[string]runtime.Object
	more    bool
}

// add adds the objects of a list, unless it has another resourceVersion than those before.
func (m *merging) add(list runtime.Object) (same bool, err error) {
	page, err := meta.ListAccessor(list)
	if err != nil {
		return false, err
	}
	if m.first == nil {
		m.first, m.page = list, page
	}
	if page.GetResourceVersion() != m.page.GetResourceVersion() {
		return false, nil
	}
	m.more = m.more || page.GetContinue() != ""
	return true, meta.EachListItem(list, func(obj runtime.Object) error {
		accessor, err := meta.Accessor(obj)
		if err != nil {
			return err
		}
		key := "/" + accessor.GetName()
		if namespace := accessor.GetNamespace(); namespace != "" {
			key = "/" + namespace + key
		}
		m.objects[key] = obj
		return nil
	})
}

// list returns the objects in the order of their keys in etcd, at most limit if that is not 0, and where to go on below root.
func (m *merging) list(limit int64, root string) (runtime.Object, error) {
	keys := make([]string, 0, len(m.objects))
	for key := range m.objects {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	m.page.SetContinue("")
	if limit > 0 && len(keys) > 0 && (m.more || int64(len(keys)) > limit) {
		keys = keys[:min(limit, int64(len(keys)))]
		revision, err := strconv.ParseInt(m.page.GetResourceVersion(), 10, 64)
		if err != nil {
			return nil, fmt.Errorf("the list's resourceVersion: %w", err)
		}
		token, err := apistorage.EncodeContinue(root+keys[len(keys)-1]+"\x00", root, revision)
		if err != nil {
			return nil, err
		}
		m.page.SetContinue(token)
	}
	objects := make([]runtime.Object, len(keys))
	for i, key := range keys {
		objects[i] = m.objects[key]
	}
	return m.first, meta.SetList(m.first, objects)
}
