// SPDX-License-Identifier: Apache-2.0

package access

import (
	"embed"
	"errors"
	"fmt"

	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/yaml"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
)

// Tier is one of the three roles that a Project maps groups to.
type Tier string

// The tiers of a Project.
const (
	Viewer Tier = "viewer"
	Editor Tier = "editor"
	Admin  Tier = "admin"
)

// Tiers are all of them, the weakest first.
var Tiers = []Tier{Viewer, Editor, Admin}

// RulesKey is the key of a rule ConfigMap's data: a YAML list of PolicyRules.
const RulesKey = "rules.yaml"

// maxRulesBytes bounds a tier's rules: every Project of the Tenant holds a copy of them.
const maxRulesBytes = 64 << 10

// Rules are the rules of each tier in the Projects of one Tenant.
type Rules map[Tier][]rbacv1.PolicyRule

//go:embed rules/*.yaml
var defaults embed.FS

// ConfigMap is the name of the ConfigMap that holds the tier's rules: of the template in the system namespace and of
// each Tenant's copy.
func (t Tier) ConfigMap() string { return "project-rbac-" + string(t) }

// DefaultRules is the rules.yaml that the tier's template is made with.
func (t Tier) DefaultRules() string {
	data, err := defaults.ReadFile("rules/" + string(t) + ".yaml")
	if err != nil {
		return "" // Not one of Tiers; ParseRules refuses empty rules.
	}
	return string(data)
}

func (t Tier) groups(mapping v1alpha1.RoleMapping) []string {
	switch t {
	case Viewer:
		return mapping.Viewer
	case Editor:
		return mapping.Editor
	case Admin:
		return mapping.Admin
	}
	return nil
}

// ParseRules reads a rules.yaml. The error names every rule that is malformed or refused, and what to write instead.
func ParseRules(data string) ([]rbacv1.PolicyRule, error) {
	if len(data) > maxRulesBytes {
		return nil, fmt.Errorf("%s has %d bytes and at most %d are allowed: name resources together instead of one by one", RulesKey, len(data), maxRulesBytes)
	}
	var rules []rbacv1.PolicyRule
	if err := yaml.UnmarshalStrict([]byte(data), &rules); err != nil {
		return nil, fmt.Errorf("%s must be a list of PolicyRules, each with apiGroups, resources and verbs: %w", RulesKey, err)
	}
	if len(rules) == 0 {
		return nil, errors.New(RulesKey + " has no rules: to grant nothing, take the groups out of the Project's roleMapping")
	}
	if err := CheckRules(rules); err != nil {
		return nil, err
	}
	return rules, nil
}
