// SPDX-License-Identifier: Apache-2.0

package quotatest

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/api/equality"

	"spectrocloud.com/tenancy/apis/spectrocloud/quota"
)

// checkNamespace returns what is wrong with the Tenant or Project of namespace, and with what the ledger says of it.
func (s *state) checkNamespace(namespace string) []error {
	return slices.Concat(s.checkClaim(namespace), s.checkTenant(namespace), s.checkProject(namespace))
}

func (s *state) checkClaim(namespace string) []error {
	var errs []error
	held, claimed := s.claims[namespace]
	owners := 0
	owner := func(is claim) {
		owners++
		if !claimed || held != is {
			errs = append(errs, fmt.Errorf("%s %s (%s) lives, but the claim is %+v", is.Kind, is.Name, is.UID, held))
		}
	}
	if tenant := s.tenants[namespace]; tenant != nil {
		owner(claim{Kind: "Tenant", Name: namespace, UID: tenant.UID})
	}
	if project := s.projects[namespace]; project != nil {
		owner(claim{Kind: "Project", Name: namespace, UID: project.UID})
	}
	if claimed && owners != 1 {
		errs = append(errs, fmt.Errorf("the claim %+v has %d live objects, not one", held, owners))
	}
	return errs
}

func (s *state) checkTenant(name string) []error {
	tenant := s.tenants[name]
	record, recorded := s.tenantRecords[name]
	if recorded != (tenant != nil) {
		return []error{fmt.Errorf("Tenant lives: %t, but its record: %t", tenant != nil, recorded)}
	}
	if tenant == nil {
		if turn, taken := s.turns[name]; taken {
			return []error{fmt.Errorf("it is the turn %+v to decide on a Tenant that does not live", turn)}
		}
		return nil
	}
	want := tenantRecord{
		UID:         tenant.UID,
		Terminating: tenant.DeletionTimestamp != nil,
		Groups:      tenant.Spec.TenantRoleMapping.Groups,
		GPUs:        gpus(tenant.Spec.GPUResources),
	}
	if !equality.Semantic.DeepEqual(record, want) {
		return []error{fmt.Errorf("the Tenant's record is %+v, but the object says %+v", record, want)}
	}
	return nil
}

func (s *state) checkProject(name string) []error {
	project := s.projects[name]
	errs := s.checkRequestsOf(name)
	record, recorded := s.projectRecords[name]
	if recorded != (project != nil) {
		return append(errs, fmt.Errorf("Project lives: %t, but its record: %t", project != nil, recorded))
	}
	if project == nil {
		return errs
	}
	tenantName := project.Spec.TenantRef.Name
	want := projectRecord{
		UID:         project.UID,
		Terminating: project.DeletionTimestamp != nil,
		GPUs:        gpus(project.Spec.GPUResources),
		Tenant:      tenantName,
	}
	if !equality.Semantic.DeepEqual(record, want) {
		errs = append(errs, fmt.Errorf("the Project's record is %+v, but the object says %+v", record, want))
	}
	tenant := s.tenants[tenantName]
	if tenant == nil {
		return append(errs, fmt.Errorf("the Project's Tenant %s does not exist", tenantName))
	}
	if tenant.DeletionTimestamp != nil {
		errs = append(errs, fmt.Errorf("the Project's Tenant %s is being deleted", tenantName))
	}
	for _, excess := range quota.Excesses(project.Spec.GPUResources, tenant.Spec.GPUResources) {
		errs = append(errs, fmt.Errorf("the Project's %s of %s are %d, above the %d of Tenant %s",
			excess.Field, excess.Family, excess.Project, excess.Tenant, tenantName))
	}
	return errs
}

// checkRequestsOf returns the Tenants under which there are requests of the Project that are not its own.
func (s *state) checkRequestsOf(name string) []error {
	var errs []error
	for tenant, n := range s.requestsOf[name] {
		if of := s.tenantOf(name); n > 0 && of != tenant {
			errs = append(errs, fmt.Errorf("there are %d request records of the Project under Tenant %q, but its Tenant is %q", n, tenant, of))
		}
	}
	return errs
}
