// SPDX-License-Identifier: Apache-2.0

package certificates

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/klog/v2"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/pkg/access"
)

const (
	// annotationPublished is since when the next CA of the Secret was seen in every caBundle.
	annotationPublished = v1alpha1.GroupName + "/next-ca-published"
	// maxSteps is how many looks follow each other at once; a rotation that nobody disturbs takes fewer.
	maxSteps = 10
)

// look is what there is.
type look struct {
	found
	authoritySecret, servingSecret *corev1.Secret // Nil for what is not there.
	ours                           []*unstructured.Unstructured
}

// sync takes one step after the other until there is nothing to do, and comes back when there will be.
func (c *Controller) sync(ctx context.Context, key string) error {
	if err := c.pace.Wait(ctx); err != nil {
		return err
	}
	for range maxSteps {
		have, err := c.look(ctx)
		if err != nil {
			return err
		}
		next, err := c.plan(have.found, c.Clock.Now())
		if err != nil {
			return err
		}
		show(next)
		acted, err := c.carryOut(ctx, have, next)
		if err != nil {
			return err
		}
		if !acted {
			c.queue.AddAfter(key, next.wait)
			return nil
		}
	}
	return fmt.Errorf("after %d steps there is more to do: somebody undoes what is done to Secrets %s and %s in namespace %s, or to the caBundles",
		maxSteps, AuthoritySecret, ServingSecret(c.Service), c.Namespace)
}

func (c *Controller) look(ctx context.Context) (have look, err error) {
	if have.authoritySecret, have.authorities, err = c.readSecret(ctx, AuthoritySecret); err != nil {
		return have, err
	}
	if have.servingSecret, have.serving, err = c.readSecret(ctx, ServingSecret(c.Service)); err != nil {
		return have, err
	}
	if have.authoritySecret != nil {
		// What is no time is none.
		have.published, _ = time.Parse(time.RFC3339Nano, have.authoritySecret.Annotations[annotationPublished])
	}
	for _, name := range apiServiceNames {
		object, err := c.Dynamic.Resource(apiServices).Get(ctx, name, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			continue
		}
		if err != nil {
			return have, fmt.Errorf("read APIService %s: %w", name, err)
		}
		if c.owns(ctx, object) {
			have.ours = append(have.ours, object)
			have.bundles = append(have.bundles, caBundle(object))
		}
	}
	return have, nil
}

// readSecret returns the Secret and its data, or nil for both.
func (c *Controller) readSecret(ctx context.Context, name string) (*corev1.Secret, map[string][]byte, error) {
	secret, err := c.Host.CoreV1().Secrets(c.Namespace).Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read Secret %s/%s: %w", c.Namespace, name, err)
	}
	if secret.Data == nil {
		secret.Data = map[string][]byte{}
	}
	return secret, secret.Data, nil
}

// owns tells whether an APIService points to our Service, and reports once that it does not.
func (c *Controller) owns(ctx context.Context, apiService *unstructured.Unstructured) bool {
	name := apiService.GetName()
	service, _, _ := unstructured.NestedString(apiService.Object, "spec", "service", "name")
	namespace, _, _ := unstructured.NestedString(apiService.Object, "spec", "service", "namespace")
	if service == c.Service && namespace == c.Namespace {
		delete(c.foreign, name)
		return true
	}
	whose := "kube-apiserver itself, which serves that version from a CustomResourceDefinition"
	if service != "" {
		whose = fmt.Sprintf("Service %s/%s", namespace, service)
	}
	if c.foreign[name] != whose {
		c.foreign[name] = whose
		klog.FromContext(ctx).Info("An APIService is left alone: it points elsewhere", "apiService", name, "to", whose)
		c.Recorder.Eventf(apiService, nil, corev1.EventTypeWarning, reasonForeign, "Publish",
			"It points to %s and not to Service %s/%s: its caBundle is left alone, and tenancy's API is not served by it", whose, c.Namespace, c.Service)
	}
	return false
}

func caBundle(apiService *unstructured.Unstructured) []byte {
	text, _, _ := unstructured.NestedString(apiService.Object, "spec", "caBundle")
	bundle, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil // The server decodes it as well.
	}
	return bundle
}

// carryOut does what was planned on a look, and tells whether that was anything. The writes fail where somebody has written
// since the look, such as another leader.
func (c *Controller) carryOut(ctx context.Context, have look, next plan) (acted bool, err error) {
	var failed []error
	done := func(err error) { acted, failed = true, append(failed, err) }
	for _, apiService := range have.ours {
		if next.bundle != nil && !bytes.Equal(caBundle(apiService), next.bundle) {
			done(c.publish(ctx, apiService, next.bundle))
		}
	}
	if next.serving != nil {
		done(c.store(ctx, have.servingSecret, ServingSecret(c.Service), corev1.SecretTypeTLS, next.serving, "", next.servingNews))
	}
	if next.authorities != nil {
		published := ""
		if !next.authorities.published.IsZero() {
			published = next.authorities.published.UTC().Format(time.RFC3339Nano)
		}
		done(c.store(ctx, have.authoritySecret, AuthoritySecret, corev1.SecretTypeOpaque, next.authorities.data(), published, next.authoritiesNews))
	}
	return acted, errors.Join(failed...)
}

// publish writes the caBundle of an APIService and nothing else of it, if it is what it was at the last look: it could have
// been pointed to somebody else since.
func (c *Controller) publish(ctx context.Context, seen *unstructured.Unstructured, bundle []byte) error {
	wanted := &unstructured.Unstructured{Object: map[string]any{
		"metadata": map[string]any{"name": seen.GetName(), "resourceVersion": seen.GetResourceVersion()},
		"spec":     map[string]any{"caBundle": base64.StdEncoding.EncodeToString(bundle)},
	}}
	wanted.SetGroupVersionKind(seen.GroupVersionKind())
	written, err := c.Dynamic.Resource(apiServices).Apply(ctx, seen.GetName(), wanted, metav1.ApplyOptions{FieldManager: c.FieldManager, Force: true})
	if err != nil {
		return fmt.Errorf("write the caBundle of APIService %s: %w", seen.GetName(), err)
	}
	message := "caBundle has " + subjects(readBundle(bundle))
	klog.FromContext(ctx).Info("Published", "apiService", seen.GetName(), "what", message)
	c.Recorder.Eventf(written, nil, corev1.EventTypeNormal, reasonBundleWritten, "Publish", "%s", message)
	return c.notUndone(seen.GetName(), bundle)
}

// notUndone notes what has been published, and is an error where that was published a moment ago: it has been put back, and
// whoever looks after this program is to know.
func (c *Controller) notUndone(name string, bundle []byte) error {
	now, before := c.Clock.Now(), c.published[name]
	c.published[name] = publication{bundle, now}
	if ago := now.Sub(before.when); ago < undone && bytes.Equal(before.bundle, bundle) {
		return fmt.Errorf("the caBundle of APIService %s had to be written again after %s: somebody else writes it, such as a tool that "+
			"applies a manifest; leave the field out there", name, ago.Round(time.Millisecond))
	}
	return nil
}

// store writes a Secret. What others have added to it stays, but for data.
func (c *Controller) store(ctx context.Context, seen *corev1.Secret, name string, of corev1.SecretType, data map[string][]byte, published string, why news) error {
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: c.Namespace, Name: name}, Type: of}
	if seen != nil {
		secret = seen.DeepCopy()
	}
	secret.Data = data
	metav1.SetMetaDataLabel(&secret.ObjectMeta, access.LabelManagedBy, access.ManagedBy)
	delete(secret.Annotations, annotationPublished)
	if published != "" {
		metav1.SetMetaDataAnnotation(&secret.ObjectMeta, annotationPublished, published)
	}
	var err error
	client := c.Host.CoreV1().Secrets(c.Namespace)
	if seen == nil {
		secret, err = client.Create(ctx, secret, metav1.CreateOptions{FieldManager: c.FieldManager})
	} else {
		secret, err = client.Update(ctx, secret, metav1.UpdateOptions{FieldManager: c.FieldManager})
	}
	if err != nil {
		return fmt.Errorf("write Secret %s/%s: %w", c.Namespace, name, err)
	}
	if why != (news{}) {
		klog.FromContext(ctx).Info(why.message, "secret", klog.KObj(secret), "reason", why.reason)
		c.Recorder.Eventf(secret, nil, why.kind, why.reason, "Rotate", "%s", why.message)
	}
	return nil
}
