// SPDX-License-Identifier: Apache-2.0

package matrix

import (
	"fmt"
	"slices"
	"strings"
)

const introduction = `<!-- Written by go test ./test/integration/permissions/matrix -update. Do not edit. -->

# Permissions

Who may do what, with the roles that are generated (see [access](access.md)) and the rule ConfigMaps as they come. The same
table is tried on a running cluster with real requests, one for each cell, by the tests in ` + "`test/integration/permissions`" + `.

- **Viewer**, **Editor**, **Admin**: members of a group that the Project's ` + "`roleMapping`" + ` names.
- **Tenant admin**: a member of a group that the ` + "`tenantRoleMapping`" + ` of the Project's Tenant names. **Another Tenant's admin** is one of
  another Tenant's.
- **Outsider**: somebody who is logged in, and in no group that a Tenant or Project names. **Nobody**: somebody who is not logged in.

Who is in several groups may do what any of them may.

## Actions

What people do in a Project, and the permission that it takes. Cloning and new versions are creates; a WorkloadProfile has no edit,
for its spec never changes.
`

const levels = `
## Kinds

Each table is for a place, and says what people may do there with the objects of a kind. Where a name follows the kind, it is about
the one object of that name. API groups are left out.

| | verbs |
|---|---|
| read | get, list, watch |
| create | create |
| change | get, list, watch, update, patch, delete |
| manage | get, list, watch, create, update, patch, delete |
| hidden | get answers 404, list and watch leave it out; all else answers 403 |
| – | none: 403 |

Nobody has deletecollection on anything. Subresources are read by get alone; ` + "`status`" + ` is the controllers' and provisioners'.
`

const decided = `
## Decided where the documents are silent

- **Viewers don't read Secrets**, and see what a Project's settings come to in ` + "`effectivesettings`" + `, which names Secrets and never
  holds what is in one.
- **Editors don't write ComputePools, Settings or VariableSets**, nor Definitions. Pages of the product disagree about the first two; its page on
  roles, the newest, is followed.
- **Admins delete their Project**, but create none: that takes the right to manage the Tenant, which no role in a Project gives.
- **Every Tenant's admins create Secrets** in every namespace, for the documented role is for the whole cluster. They can't read, change or
  delete what is there. An admission policy takes out tenancy's and Kubernetes' own namespaces, and [types that are logins](access.md). The
  same role lets them create Projects, Settings and ComputeConfigs, of which the server takes only those under or within a Tenant of their own.
- **Tenant admins don't write rule ConfigMaps**, which say what viewers, editors and admins may do: who writes them could grant more than they
  have. Cluster administrators do.
- **Tenant admins read the system namespace** only as members of a Project, as documented: there is a role for each of its tiers.
- **Whoever sees a Tenant or Project reads its GPU usage**, which is in their status too.
- **The status is nobody's**: it says which GPUs are granted.
- **Roles, bindings, resource quotas, limit ranges and the namespace itself** bound a Project from outside, and none of its people write them.
`

// Document is docs/permissions.md.
func Document() string {
	var out strings.Builder
	out.WriteString(introduction)
	for _, section := range Sections {
		fmt.Fprintf(&out, "\n### %s\n\n", section.Title)
		header(&out, "Action", "Permission")
		for _, action := range section.Actions {
			fmt.Fprintf(&out, "| %s | `%s` |", action.Title, action.Permission)
			for _, person := range People {
				mark := " "
				if action.Answer(person) == Allowed {
					mark = " ✓ "
				}
				out.WriteString(mark + "|")
			}
			out.WriteString("\n")
		}
	}
	out.WriteString(levels)
	for _, place := range Places {
		fmt.Fprintf(&out, "\n### %s\n\n", place.Title)
		header(&out, "Kind")
		for _, group := range place.alike() {
			labels := make([]string, len(group))
			for i, row := range group {
				labels[i] = place.label(row)
			}
			fmt.Fprintf(&out, "| %s |", strings.Join(labels, ", "))
			for _, level := range group[0].Levels {
				fmt.Fprintf(&out, " %s |", level)
			}
			out.WriteString("\n")
		}
	}
	out.WriteString(decided)
	return out.String()
}

func header(out *strings.Builder, columns ...string) {
	for _, person := range People {
		columns = append(columns, person.Title())
	}
	fmt.Fprintf(out, "| %s |\n|%s\n", strings.Join(columns, " | "), strings.Repeat("---|", len(columns)))
}

// alike are the rows of the place, those with the same levels together, in the order of their first.
func (p Place) alike() [][]Row {
	var groups [][]Row
	for _, row := range p.Rows {
		i := slices.IndexFunc(groups, func(group []Row) bool { return group[0].Levels == row.Levels })
		if i < 0 {
			i, groups = len(groups), append(groups, nil)
		}
		groups[i] = append(groups[i], row)
	}
	return groups
}

// label is what the row is called: the kind without its group, and which object it is about where that matters to readers.
func (p Place) label(row Row) string {
	kind := row.Resource
	if group, rest, found := strings.Cut(kind, "/"); found && (group == "apps" || strings.Contains(group, ".")) {
		kind = rest
	}
	kind = "`" + kind + "`"
	switch row.Name {
	case "", p.Namespace:
		return kind
	case Tenant, Project:
		return kind + " (this one)"
	case Rival, RivalProject:
		return kind + " (another Tenant's)"
	default:
		return kind + " " + row.Name
	}
}
