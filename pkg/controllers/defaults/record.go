// SPDX-License-Identifier: Apache-2.0

package defaults

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"
)

// recordName is the name of the ConfigMap that remembers what became of each default.
const recordName = "default-resources"

// outcome is what became of a default. Whatever it is, the default is not created again.
type outcome string

const (
	created outcome = "created" // It was created, and may have been changed or deleted since.
	found   outcome = "found"   // An object of its name was there before, and was left alone.
	skipped outcome = "skipped" // A Project whose Tenant is not the default one, or was gone.
)

// description is for who looks at the ConfigMap.
const description = "What became of each default resource of tenancy. None that is listed here is created again; " +
	"to have one back, remove its line and restart tenancy-controller-manager."

// record is what is remembered, by key of the default. It is written over the very version that was read.
type record struct {
	configMap *corev1.ConfigMap
	changed   bool
}

func readRecord(ctx context.Context, client corev1client.ConfigMapInterface) (*record, error) {
	configMap, err := client.Get(ctx, recordName, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return &record{configMap: &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{
			Name: recordName, Annotations: map[string]string{"kubernetes.io/description": description},
		}}}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read which default resources there have been: %w", err)
	}
	return &record{configMap: configMap}, nil
}

// of is what became of a default; empty for one that is yet to be created.
func (r *record) of(key string) outcome { return outcome(r.configMap.Data[key]) }

func (r *record) has(key string) bool {
	_, has := r.configMap.Data[key]
	return has
}

func (r *record) set(key string, became outcome) {
	if r.configMap.Data == nil {
		r.configMap.Data = map[string]string{}
	}
	r.configMap.Data[key], r.changed = string(became), true
}

// write makes the record last. It fails with a conflict if somebody else has written meanwhile.
func (r *record) write(ctx context.Context, client corev1client.ConfigMapInterface, fieldManager string) (err error) {
	switch {
	case !r.changed:
		return nil
	case r.configMap.ResourceVersion == "":
		_, err = client.Create(ctx, r.configMap, metav1.CreateOptions{FieldManager: fieldManager})
	default:
		_, err = client.Update(ctx, r.configMap, metav1.UpdateOptions{FieldManager: fieldManager})
	}
	if err != nil {
		return fmt.Errorf("remember which default resources were created: %w", err)
	}
	return nil
}
