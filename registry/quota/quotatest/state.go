// SPDX-License-Identifier: Apache-2.0

package quotatest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strings"

	clientv3 "go.etcd.io/etcd/client/v3"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/pkg/apiserver"
)

// decoder reads stored objects of any version and media type.
var decoder = apiserver.Codecs.UniversalDecoder(spectrocloud.SchemeGroupVersion)

// claim, tenantRecord and projectRecord are the ledger's values, as its documentation has them.
type claim struct {
	Kind string    `json:"kind"`
	Name string    `json:"name"`
	UID  types.UID `json:"uid"`
}

type tenantRecord struct {
	UID         types.UID `json:"uid"`
	Terminating bool      `json:"terminating"`
	Groups      []string  `json:"groups"`
	GPUs        gpus      `json:"gpus"`
}

type projectRecord struct {
	UID  types.UID `json:"uid"`
	GPUs gpus      `json:"gpus"`

	tenant string
}

type gpus struct {
	Limits   spectrocloud.GPUCounts `json:"limits"`
	Requests spectrocloud.GPUCounts `json:"requests"`
}

// state is what etcd held at one revision. Every map is by namespace: a Tenant and a Project have the name of theirs.
type state struct {
	prefix         string
	claims         map[string]claim
	tenants        map[string]*spectrocloud.Tenant
	projects       map[string]*spectrocloud.Project
	tenantRecords  map[string]tenantRecord
	projectRecords map[string]projectRecord
}

func newState(prefix string) *state {
	return &state{
		prefix:         path.Join("/", prefix) + "/",
		claims:         map[string]claim{},
		tenants:        map[string]*spectrocloud.Tenant{},
		projects:       map[string]*spectrocloud.Project{},
		tenantRecords:  map[string]tenantRecord{},
		projectRecords: map[string]projectRecord{},
	}
}

// revision applies all events of one revision, then checks what they may have changed.
func (s *state) revision(revision int64, events []*clientv3.Event) error {
	touched := map[string]bool{}
	for _, event := range events {
		namespaces, err := s.apply(event)
		if err != nil {
			return fmt.Errorf("revision %d: key %s: %w", revision, event.Kv.Key, err)
		}
		for _, namespace := range namespaces {
			touched[namespace] = true
		}
	}
	var errs []error
	for namespace := range touched {
		for _, err := range s.check(namespace) {
			errs = append(errs, fmt.Errorf("revision %d: namespace %s: %w", revision, namespace, err))
		}
	}
	return errors.Join(errs...)
}

// apply takes in one event and returns the namespaces whose state it may have changed.
func (s *state) apply(event *clientv3.Event) ([]string, error) {
	key, under := strings.CutPrefix(string(event.Kv.Key), s.prefix)
	if !under {
		return nil, nil
	}
	parts := strings.Split(key, "/")
	switch {
	case len(parts) == 2 && parts[0] == "tenants":
		return parts[1:], put(s.tenants, parts[1], event, decodeObject[spectrocloud.Tenant])
	case len(parts) == 3 && parts[0] == "projects":
		if parts[1] != parts[2] {
			return nil, errors.New("a Project lives in the namespace of its own name")
		}
		return parts[2:], put(s.projects, parts[2], event, decodeObject[spectrocloud.Project])
	case len(parts) == 3 && parts[0] == "ledger" && parts[1] == "claims":
		return parts[2:], put(s.claims, parts[2], event, decodeRecord[claim])
	case len(parts) == 3 && parts[0] == "ledger" && parts[1] == "tenants":
		// The record is written when something changes that Projects depend on.
		return append(s.projectsOf(parts[2]), parts[2]), put(s.tenantRecords, parts[2], event, decodeRecord[tenantRecord])
	case len(parts) == 4 && parts[0] == "ledger" && parts[1] == "projects":
		return parts[3:], put(s.projectRecords, parts[3], event, func(data []byte) (projectRecord, error) {
			record, err := decodeRecord[projectRecord](data)
			record.tenant = parts[2]
			return record, err
		})
	case parts[0] == "ledger", parts[0] == "tenants", parts[0] == "projects":
		return nil, errors.New("not a key that the checker knows")
	}
	return nil, nil
}

func (s *state) projectsOf(tenant string) []string {
	var names []string
	for name, project := range s.projects {
		if project.Spec.TenantRef.Name == tenant {
			names = append(names, name)
		}
	}
	return names
}

// put makes held[name] what event says.
func put[T any](held map[string]T, name string, event *clientv3.Event, decode func([]byte) (T, error)) error {
	if event.Type == clientv3.EventTypeDelete {
		delete(held, name)
		return nil
	}
	value, err := decode(event.Kv.Value)
	if err != nil {
		return err
	}
	held[name] = value
	return nil
}

func decodeObject[T any](data []byte) (*T, error) {
	object, err := runtime.Decode(decoder, data)
	if err != nil {
		return nil, err
	}
	typed, ok := any(object).(*T)
	if !ok {
		return nil, fmt.Errorf("holds a %T, not a %T", object, typed)
	}
	return typed, nil
}

// decodeRecord refuses fields that the checker does not know, since it can't check them.
func decodeRecord[T any](data []byte) (T, error) {
	var record T
	strict := json.NewDecoder(bytes.NewReader(data))
	strict.DisallowUnknownFields()
	err := strict.Decode(&record)
	return record, err
}
