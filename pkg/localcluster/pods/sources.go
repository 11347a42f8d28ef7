// SPDX-License-Identifier: Apache-2.0

package pods

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
)

// secret returns the files of a Secret, or what is missing.
func (v *volumes) secret(namespace string, source *corev1.SecretVolumeSource) (files, error) {
	secret, err := v.node.secrets.Secrets(namespace).Get(source.SecretName)
	if apierrors.IsNotFound(err) && ptr.Deref(source.Optional, false) {
		return files{}, nil
	}
	if err != nil {
		return nil, err
	}
	return chosen(secret.Data, source.Items, ptr.Deref(source.Optional, false))
}

// configMap returns the files of a ConfigMap, or what is missing.
func (v *volumes) configMap(namespace string, source *corev1.ConfigMapVolumeSource) (files, error) {
	configMap, err := v.node.configMaps.ConfigMaps(namespace).Get(source.Name)
	if apierrors.IsNotFound(err) && ptr.Deref(source.Optional, false) {
		return files{}, nil
	}
	if err != nil {
		return nil, err
	}
	data := maps.Clone(configMap.BinaryData)
	if data == nil {
		data = map[string][]byte{}
	}
	for key, value := range configMap.Data {
		data[key] = []byte(value)
	}
	return chosen(data, source.Items, ptr.Deref(source.Optional, false))
}

// chosen returns the items of data under their paths, or all of data if there are none.
func chosen(data map[string][]byte, items []corev1.KeyToPath, optional bool) (files, error) {
	if len(items) == 0 {
		all := files{}
		maps.Copy(all, data)
		return all, nil
	}
	some := files{}
	for _, item := range items {
		value, ok := data[item.Key]
		if !ok && !optional {
			return nil, fmt.Errorf("there is no key %s yet", item.Key)
		}
		if ok {
			some[item.Path] = value
		}
	}
	return some, nil
}

// projected returns the files of a volume with several sources, and how long its tokens are good for.
func (v *volumes) projected(ctx context.Context, latest *corev1.Pod, name string, source *corev1.ProjectedVolumeSource) (
	all files, good time.Duration, err error) {
	all, good = files{}, resync
	for _, one := range source.Sources {
		var some files
		switch {
		case one.Secret != nil:
			some, err = v.secret(latest.Namespace, &corev1.SecretVolumeSource{
				SecretName: one.Secret.Name, Items: one.Secret.Items, Optional: one.Secret.Optional,
			})
		case one.ConfigMap != nil:
			some, err = v.configMap(latest.Namespace, &corev1.ConfigMapVolumeSource{
				LocalObjectReference: one.ConfigMap.LocalObjectReference, Items: one.ConfigMap.Items, Optional: one.ConfigMap.Optional,
			})
		case one.ServiceAccountToken != nil:
			t, failure := v.token(ctx, latest, name, one.ServiceAccountToken)
			if err = failure; err == nil {
				some = files{one.ServiceAccountToken.Path: []byte(t.value)}
				good = min(good, max(time.Until(t.renew), time.Second))
			}
		case one.DownwardAPI != nil:
			some, err = downward(latest, one.DownwardAPI.Items)
		default:
			err = errors.New("one of its sources is of a kind that is not known here")
		}
		if err != nil {
			return nil, 0, err
		}
		maps.Copy(all, some)
	}
	return all, good, nil
}

// downward returns what a Pod may read of itself.
func downward(latest *corev1.Pod, items []corev1.DownwardAPIVolumeFile) (files, error) {
	some := files{}
	for _, item := range items {
		if item.FieldRef == nil || item.FieldRef.FieldPath != "metadata.namespace" {
			return nil, errors.New("of the downward API, metadata.namespace alone is known here")
		}
		some[item.Path] = []byte(latest.Namespace)
	}
	return some, nil
}

// token is a service account token that is bound to the Pod.
type token struct {
	value string
	renew time.Time
}

// token returns a token that is good for a while; like a kubelet's, it is renewed when a fifth of its life is left.
func (v *volumes) token(ctx context.Context, latest *corev1.Pod, volume string, source *corev1.ServiceAccountTokenProjection) (*token, error) {
	key := volume + "/" + source.Path
	if t := v.tokens[key]; t != nil && time.Now().Before(t.renew) {
		return t, nil
	}
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{
		ExpirationSeconds: source.ExpirationSeconds,
		BoundObjectRef:    &authenticationv1.BoundObjectReference{Kind: "Pod", APIVersion: "v1", Name: latest.Name, UID: latest.UID},
	}}
	if source.Audience != "" {
		request.Spec.Audiences = []string{source.Audience}
	}
	asked := time.Now()
	request, err := v.node.client.CoreV1().ServiceAccounts(latest.Namespace).
		CreateToken(ctx, latest.Spec.ServiceAccountName, request, metav1.CreateOptions{})
	if err != nil {
		return nil, err
	}
	life := request.Status.ExpirationTimestamp.Sub(asked)
	v.tokens[key] = &token{request.Status.Token, asked.Add(life * 4 / 5)}
	return v.tokens[key], nil
}

// claimed returns the folder of a PersistentVolumeClaim, which outlives the Pods that use it, and makes the
// claim Bound, as a provisioner would.
func (n *Node) claimed(ctx context.Context, namespace, name string) (dir string, err error) {
	claims := n.client.CoreV1().PersistentVolumeClaims(namespace)
	claim, err := claims.Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return "", err
	}
	if claim.Status.Phase != corev1.ClaimBound {
		patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"uid": claim.UID}, "status": corev1.PersistentVolumeClaimStatus{
			Phase: corev1.ClaimBound, AccessModes: claim.Spec.AccessModes, Capacity: claim.Spec.Resources.Requests,
		}})
		if err != nil {
			return "", err
		}
		if _, err := claims.Patch(ctx, name, types.MergePatchType, patch, metav1.PatchOptions{}, "status"); err != nil {
			return "", err
		}
	}
	dir = n.claimDir(claim)
	return dir, os.MkdirAll(dir, 0o700)
}

func (n *Node) claimDir(claim *corev1.PersistentVolumeClaim) string {
	return filepath.Join(n.config.Dir, "claims", string(claim.UID))
}

// claimDeleted removes the data of a claim, as most provisioners do.
func (n *Node) claimDeleted(object any) {
	if err := os.RemoveAll(n.claimDir(object.(*corev1.PersistentVolumeClaim))); err != nil {
		n.config.Logger.Error("removing the data of a PersistentVolumeClaim", "error", err)
	}
}
