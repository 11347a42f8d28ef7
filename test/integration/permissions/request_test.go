// SPDX-License-Identifier: Apache-2.0

package permissions

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/util/retry"

	"spectrocloud.com/tenancy/test/integration/permissions/matrix"
)

// target is what somebody asks for.
type target struct {
	resource    schema.GroupVersionResource
	subresource string
	// namespace and name are those of an object that is there, as far as anybody may find one.
	namespace, name string
	// list is where lists and watches look for it: its namespace, or "" for all.
	list string
	// alone asks for that object by its name in lists and watches too.
	alone bool
	// fresh is what to create.
	fresh *unstructured.Unstructured
	// change is made to the object by an update.
	change map[string]any
	// prepared is made beforehand, if anything; what is not is there, or is nothing that anybody finds.
	prepared *unstructured.Unstructured
	// dryRun keeps what everybody shares as it is.
	dryRun []string
}

// often is enough for the Project, which its admins and the controllers change at the same time.
var often = wait.Backoff{Steps: 30, Duration: 10 * time.Millisecond, Factor: 1.2, Jitter: 1, Cap: time.Second}

// request asks as somebody, with that verb, and returns the answer.
func (s *scene) request(ctx context.Context, person matrix.Person, verb string, on target) (matrix.Answer, error) {
	client := s.people[person].Resource(on.resource)
	objects := client.Namespace(on.namespace)
	var subresources []string
	if on.subresource != "" {
		subresources = []string{on.subresource}
	}
	switch verb {
	case "create":
		_, err := client.Namespace(on.fresh.GetNamespace()).Create(ctx, on.fresh, metav1.CreateOptions{DryRun: on.dryRun})
		return answer(err)
	case "get":
		_, err := objects.Get(ctx, on.name, metav1.GetOptions{}, subresources...)
		return answer(err)
	case "list":
		list, err := client.Namespace(on.list).List(ctx, on.listOptions())
		if err != nil {
			return answer(err)
		}
		return on.among(list.Items), nil
	case "watch":
		return on.watch(ctx, client.Namespace(on.list))
	case "update":
		return answer(retry.RetryOnConflict(often, func() error {
			object, err := s.current(ctx, on)
			if err != nil {
				return err
			}
			_, err = objects.Update(ctx, object, metav1.UpdateOptions{DryRun: on.dryRun}, subresources...)
			return err
		}))
	case "patch":
		_, err := objects.Patch(ctx, on.name, types.MergePatchType, []byte(`{"metadata":{"labels":{"patched":"yes"}}}`),
			metav1.PatchOptions{DryRun: on.dryRun}, subresources...)
		return answer(err)
	case "delete":
		return answer(objects.Delete(ctx, on.name, metav1.DeleteOptions{DryRun: on.dryRun}))
	case "deletecollection":
		return answer(objects.DeleteCollection(ctx, metav1.DeleteOptions{DryRun: []string{metav1.DryRunAll}}, on.listOptions()))
	default:
		return "", fmt.Errorf("the test does not know how to %s", verb)
	}
}

// refusals are how a request is denied for who asks: by RBAC, by the groups of a Tenant, and by the policy on Secrets. Other reasons
// for a 403 would hide that somebody has a right.
var refusals = []string{
	" cannot ", "may not create Projects under Tenant", "in the namespaces of a Tenant whose groups they are in", "does not extend to them",
}

// answer tells what an error means. What is neither a refusal nor an absence is an error of the test.
func answer(err error) (matrix.Answer, error) {
	switch {
	case err == nil:
		return matrix.Allowed, nil
	case apierrors.IsForbidden(err) && slices.ContainsFunc(refusals, func(text string) bool { return strings.Contains(err.Error(), text) }):
		return matrix.Denied, nil
	case apierrors.IsNotFound(err):
		return matrix.Unseen, nil
	default:
		return "", err
	}
}

func (on target) listOptions() metav1.ListOptions {
	if on.alone {
		return metav1.ListOptions{FieldSelector: "metadata.name=" + on.name}
	}
	return metav1.ListOptions{}
}

func (on target) is(object metav1.Object) bool {
	return object.GetName() == on.name && object.GetNamespace() == on.namespace
}

func (on target) among(found []unstructured.Unstructured) matrix.Answer {
	for i := range found {
		if on.is(&found[i]) {
			return matrix.Allowed
		}
	}
	return matrix.Unseen
}

// watch reads a watch as far as what is there at its beginning.
func (on target) watch(ctx context.Context, client dynamic.ResourceInterface) (matrix.Answer, error) {
	options := on.listOptions()
	options.SendInitialEvents, options.ResourceVersionMatch, options.AllowWatchBookmarks = new(true), metav1.ResourceVersionMatchNotOlderThan, true
	watching, err := client.Watch(ctx, options)
	if err != nil {
		return answer(err)
	}
	defer watching.Stop()
	found := matrix.Unseen
	for event := range watching.ResultChan() {
		object, ok := event.Object.(*unstructured.Unstructured)
		switch {
		case !ok:
			return "", fmt.Errorf("the watch says %s %v", event.Type, event.Object)
		case event.Type == watch.Bookmark && object.GetAnnotations()[metav1.InitialEventsAnnotationKey] == "true":
			return found, nil
		case event.Type == watch.Added && on.is(object):
			found = matrix.Allowed
		}
	}
	return "", fmt.Errorf("the watch ended before it had sent what there is: %w", context.Cause(ctx))
}

// current is the object as the administrator sees it, with the change.
func (s *scene) current(ctx context.Context, on target) (*unstructured.Unstructured, error) {
	object, err := s.admin.Resource(on.resource).Namespace(on.namespace).Get(ctx, on.name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		object = on.fresh.DeepCopy() // Nobody may find one: that there is none must not matter.
		object.SetName(on.name)
		object.SetNamespace(on.namespace)
		object.SetResourceVersion("1")
	} else if err != nil {
		return nil, err
	}
	merge(object.Object, on.change)
	return object, nil
}

// merge makes the change that a JSON merge patch would.
func merge(into, change map[string]any) {
	for key, value := range change {
		inner, nested := value.(map[string]any)
		switch {
		case value == nil:
			delete(into, key)
		case nested:
			below, ok := into[key].(map[string]any)
			if !ok {
				below = map[string]any{}
			}
			merge(below, inner)
			into[key] = below
		default:
			into[key] = value
		}
	}
}

// fresh is an object of the resource that is not there yet.
func (s *scene) fresh(resource, namespace, name string) *unstructured.Unstructured {
	object := s.objects[resource].DeepCopy()
	object.SetName(name)
	object.SetNamespace(namespace)
	if object.GetKind() == "Event" {
		merge(object.Object, map[string]any{"involvedObject": map[string]any{"namespace": namespace}})
	}
	return object
}
