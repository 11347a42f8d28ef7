// SPDX-License-Identifier: Apache-2.0

package grant

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/client-go/tools/cache"
	"k8s.io/utils/ptr"

	"spectrocloud.com/tenancy/pkg/controllers/informers"
)

// kind is one of the kinds that are generated: where it is cached, how it is written, and when two of it are the same.
type kind[T metav1.Object] struct {
	name   string
	cache  cache.Indexer
	client func(namespace string) writer[T]
	list   func(ctx context.Context, namespace string, options metav1.ListOptions) ([]T, error)
	// content is what of an object must be as wanted, beside its labels.
	content func(T) any
	// filled is a copy of what was seen, with the content that is wanted.
	filled func(have, want T) T
	// fixed is what no update can change; an object where it differs is replaced.
	fixed func(T) any
}

// writer is what is written with, and client also what is listed with, of the typed clients of client-go.
type writer[T any] interface {
	Update(ctx context.Context, object T, opts metav1.UpdateOptions) (T, error)
	Patch(ctx context.Context, name string, pt types.PatchType, data []byte, opts metav1.PatchOptions, subresources ...string) (T, error)
	Delete(ctx context.Context, name string, opts metav1.DeleteOptions) error
}

type client[T, L any] interface {
	writer[T]
	List(ctx context.Context, opts metav1.ListOptions) (L, error)
}

// pass is one look at everything that an owner wants.
type pass struct {
	fieldManager string
	labels       map[string]string
	namespaces   []string
	confirm      func() error // Asks once.

	written []string
	refused error // What confirm said; nothing is written after that.
	failed  []error
}

// write does it if that is confirmed, and keeps what came of it.
func (p *pass) write(name string, do func() error) {
	if p.refused == nil {
		p.refused = p.confirm()
	}
	p.change(name, do)
}

// change is write for what is sure to be the owner's: an object that only the owner has been given, and that must still be
// the very one that was seen. It would have gone with the namespace.
func (p *pass) change(name string, do func() error) {
	if p.refused != nil {
		return
	}
	if err := do(); err != nil {
		p.failed = append(p.failed, err)
		return
	}
	p.written = append(p.written, name)
}

func (p *pass) err() error {
	if p.refused != nil {
		return p.refused
	}
	return errors.Join(p.failed...)
}

// ensure makes the cluster hold what is wanted.
func (k kind[T]) ensure(ctx context.Context, p *pass, wanted []T) {
	for _, want := range wanted {
		obj, cached, err := k.cache.GetByKey(cache.MetaObjectToName(want).String())
		if err != nil {
			p.failed = append(p.failed, err)
			continue
		}
		if !cached {
			p.write(k.nameOf(want), func() error { return k.apply(ctx, want, p.fieldManager) })
			continue
		}
		have := obj.(T)
		replace := !equality.Semantic.DeepEqual(k.fixed(have), k.fixed(want))
		if !replace && labelled(have, want.GetLabels()) && equality.Semantic.DeepEqual(k.content(have), k.content(want)) {
			continue
		}
		if replace {
			p.write(k.nameOf(want), func() error {
				if err := k.remove(ctx, have); err != nil {
					return err
				}
				return k.apply(ctx, want, p.fieldManager)
			})
			continue
		}
		p.change(k.nameOf(want), func() error { return k.update(ctx, have, want, p.fieldManager) })
	}
}

// apply writes want by server-side apply. Where the server finds that it can't be updated to it (a roleRef never changes),
// which the cache did not show because the object had lost its labels, the object is replaced.
func (k kind[T]) apply(ctx context.Context, want T, fieldManager string) error {
	data, err := json.Marshal(want)
	if err != nil {
		return err
	}
	client := k.client(want.GetNamespace())
	options := metav1.PatchOptions{FieldManager: fieldManager, Force: ptr.To(true)}
	_, err = client.Patch(ctx, want.GetName(), types.ApplyPatchType, data, options)
	// Admission refuses with the same code, and a policy's refusal is no reason to delete anything.
	if apierrors.IsInvalid(err) && apierrors.HasStatusCause(err, metav1.CauseTypeFieldValueInvalid) && k.fixed(want) != nil {
		if deleteErr := client.Delete(ctx, want.GetName(), metav1.DeleteOptions{}); deleteErr != nil && !apierrors.IsNotFound(deleteErr) {
			return fmt.Errorf("replace %s: %w", k.nameOf(want), deleteErr)
		}
		_, err = client.Patch(ctx, want.GetName(), types.ApplyPatchType, data, options)
	}
	if err != nil {
		return fmt.Errorf("apply %s: %w", k.nameOf(want), err)
	}
	return nil
}

// update makes the very object that was seen what it should be, and nothing else of it. It costs the host cluster two
// thirds of what an apply does, and a Tenant may have hundreds of Projects.
func (k kind[T]) update(ctx context.Context, have, want T, fieldManager string) error {
	updated := k.filled(have, want)
	labels := map[string]string{}
	maps.Copy(labels, have.GetLabels())
	maps.Copy(labels, want.GetLabels())
	updated.SetLabels(labels)
	if _, err := k.client(want.GetNamespace()).Update(ctx, updated, metav1.UpdateOptions{FieldManager: fieldManager}); err != nil {
		return fmt.Errorf("update %s: %w", k.nameOf(want), err)
	}
	return nil
}

// prune removes what is labelled for the owner in its namespaces but not wanted.
func (k kind[T]) prune(ctx context.Context, p *pass, wanted []T) {
	objects, err := informers.GeneratedFor(k.cache, p.labels)
	if err != nil {
		p.failed = append(p.failed, err)
		return
	}
	keep := sets.New[string]()
	for _, want := range wanted {
		keep.Insert(k.nameOf(want))
	}
	for _, obj := range objects {
		if have := obj.(T); !keep.Has(k.nameOf(have)) && slices.Contains(p.namespaces, have.GetNamespace()) {
			p.write(k.nameOf(have), func() error { return k.remove(ctx, have) })
		}
	}
}

// revoking is revoke, to be called later.
func (k kind[T]) revoking(ctx context.Context, namespace, selector string) func() ([]string, error) {
	return func() ([]string, error) { return k.revoke(ctx, namespace, selector) }
}

// revoke removes what the server has with the labels in the namespace, and returns the names of what a finalizer that is
// not ours still holds.
func (k kind[T]) revoke(ctx context.Context, namespace, selector string) (held []string, err error) {
	objects, err := k.list(ctx, namespace, metav1.ListOptions{LabelSelector: selector})
	if err != nil {
		return nil, fmt.Errorf("list %s objects labelled %s: %w", k.name, selector, err)
	}
	for _, object := range objects {
		if err := k.remove(ctx, object); err != nil {
			return held, err
		}
		if len(object.GetFinalizers()) > 0 {
			held = append(held, k.nameOf(object))
		}
	}
	return held, nil
}

// remove deletes the very object that was seen.
func (k kind[T]) remove(ctx context.Context, have T) error {
	err := k.client(have.GetNamespace()).Delete(ctx, have.GetName(), metav1.DeleteOptions{Preconditions: metav1.NewUIDPreconditions(string(have.GetUID()))})
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("delete %s: %w", k.nameOf(have), err)
	}
	return nil
}

// nameOf is how an object is called in messages and events.
func (k kind[T]) nameOf(object T) string {
	return k.name + " " + cache.MetaObjectToName(object).String()
}

func labelled(object metav1.Object, labels map[string]string) bool {
	have := object.GetLabels()
	for key, value := range labels {
		if have[key] != value {
			return false
		}
	}
	return true
}
