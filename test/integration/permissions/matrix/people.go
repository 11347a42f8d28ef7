// SPDX-License-Identifier: Apache-2.0

package matrix

// The scene of the matrix: Tenant acme with the Projects lab and sibling, and Tenant rival with a Project of its own.
const (
	Tenant       = "acme"
	Project      = "lab"
	Sibling      = "sibling"
	Rival        = "rival"
	RivalProject = "rival-lab"
	System       = "palette-system"
)

// Person is somebody who asks for something.
type Person int

// The people of the matrix. Where a Project or a Tenant is "this" one, it is lab or acme.
const (
	Viewer      Person = iota // In a viewer group of the Project.
	Editor                    // In an editor group of the Project.
	Admin                     // In an admin group of the Project.
	TenantAdmin               // In a group of the Tenant.
	OtherAdmin                // In a group of another Tenant.
	Outsider                  // Known, but in no group that anything names.
	Nobody                    // Without any credentials.
)

// People are all of them.
var People = []Person{Viewer, Editor, Admin, TenantAdmin, OtherAdmin, Outsider, Nobody}

// Title is what the person is called in the document.
func (p Person) Title() string {
	return [...]string{"Viewer", "Editor", "Admin", "Tenant admin", "Another Tenant's admin", "Outsider", "Nobody"}[p]
}

// Slug is the title as a part of names.
func (p Person) Slug() string {
	return [...]string{"viewer", "editor", "admin", "tenant-admin", "other-admin", "outsider", "nobody"}[p]
}

// Groups are those that the person is in; the Tenants and Projects of the scene name them.
func (p Person) Groups() []string {
	switch p {
	case Viewer, Editor, Admin:
		return []string{Project + "-" + p.Slug() + "s"}
	case TenantAdmin:
		return []string{Tenant + "-admins"}
	case OtherAdmin:
		return []string{Rival + "-admins"}
	}
	return nil
}
