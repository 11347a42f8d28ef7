// SPDX-License-Identifier: Apache-2.0

package permissions

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"spectrocloud.com/tenancy/test/integration/permissions/matrix"
)

// TestEverybodysRightsInEveryPlace has each person do all that can be done with each kind of each place.
func TestEverybodysRightsInEveryPlace(t *testing.T) {
	s := theScene(t)
	var attempts []attempt
	for _, place := range matrix.Places {
		for _, row := range place.Rows {
			for _, person := range matrix.People {
				attempts = append(attempts, attempt{
					person: person, on: s.inRow(t, place, row, person), verbs: place.VerbsOf(row), expected: row.Levels[person].Answer,
					called: func(verb string) string {
						return fmt.Sprintf("%s: %s %s", place.Title, verb, strings.TrimSpace(row.Resource+" "+row.Name))
					},
				})
			}
		}
	}
	s.try(t, attempts)
}

// inRow is what a person asks for who tries a row.
func (s *scene) inRow(t *testing.T, place matrix.Place, row matrix.Row, person matrix.Person) target {
	t.Helper()
	resource, subresource := s.resource(t, row.Resource)
	kind := strings.TrimSuffix(row.Resource, "/"+subresource)
	on := target{
		resource: resource, subresource: subresource, namespace: place.Namespace, name: "for-" + person.Slug(), list: place.Namespace,
		fresh:  s.fresh(kind, place.Namespace, "by-"+person.Slug()),
		change: map[string]any{"metadata": map[string]any{"labels": map[string]any{"updated": "yes"}}},
	}
	switch {
	case row.Name != "":
		on.name, on.alone, on.dryRun = row.Name, true, []string{metav1.DryRunAll}
		if resource.Resource == "projects" {
			on.namespace = row.Name
		}
	case resource.Resource == "projects" && subresource != "":
		on.name = place.Namespace
	case resource.Resource == "projects":
		on.fresh = s.project(place.Namespace, "by-"+person.Slug())
		on.prepared = s.project(place.Namespace, "for-"+person.Slug())
		on.name, on.namespace, on.list = on.prepared.GetName(), on.prepared.GetName(), on.prepared.GetName()
	case !row.Nothing():
		on.prepared = s.fresh(kind, on.namespace, on.name)
	}
	return on
}

// TestEveryActionOfTheUI has each person do what each button of the UI does.
func TestEveryActionOfTheUI(t *testing.T) {
	s := theScene(t)
	var attempts []attempt
	for _, resource := range []string{"workloadprofiles", "profilebundles", "scalingpolicies"} { // That actions name.
		gvr, _ := s.resource(t, "spectrocloud.com/"+resource)
		attempts = append(attempts, attempt{on: target{resource: gvr, prepared: s.fresh("spectrocloud.com/"+resource, matrix.Project, "sample")}})
	}
	for i, section := range matrix.Sections {
		for j, action := range section.Actions {
			for _, person := range matrix.People {
				_, verb := action.Parts()
				attempts = append(attempts, attempt{
					person: person, on: s.inAction(t, action, fmt.Sprintf("action-%d-%d-%s", i, j, person.Slug())), verbs: []string{verb},
					expected: func(string) matrix.Answer { return action.Answer(person) },
					called:   func(string) string { return section.Title + ": " + action.Title + " (" + action.Permission + ")" },
				})
			}
		}
	}
	s.try(t, attempts)
}

// inAction is what somebody asks for who does it, with an object of that name.
func (s *scene) inAction(t *testing.T, action matrix.Action, name string) target {
	t.Helper()
	permission, verb := action.Parts()
	resource, subresource := s.resource(t, permission)
	on := target{resource: resource, subresource: subresource, namespace: matrix.Project, name: name}
	require.NoError(t, yaml.Unmarshal([]byte(action.Change), &on.change), action.Title)
	object := s.fresh(strings.TrimSuffix(permission, "/"+subresource), matrix.Project, name)
	if resource.Resource == "projects" {
		object = s.project(matrix.Project, name)
	}
	switch {
	case verb == "create":
		merge(object.Object, on.change)
		on.fresh = object
	case resource.Resource == "projects" && verb != "delete":
		on.name = matrix.Project
	default:
		on.prepared, on.name, on.namespace = object, object.GetName(), object.GetNamespace()
	}
	return on
}

// project is one that is to people what the given one is: of the same Tenant, with the same groups.
func (s *scene) project(like, name string) *unstructured.Unstructured {
	name += "-like-" + like
	object := s.fresh("spectrocloud.com/projects", name, name)
	switch like {
	case matrix.Sibling:
		merge(object.Object, map[string]any{"spec": map[string]any{"roleMapping": nil}})
	case matrix.RivalProject:
		merge(object.Object, map[string]any{"spec": map[string]any{"roleMapping": nil, "tenantRef": map[string]any{"name": matrix.Rival}}})
	}
	return object
}
