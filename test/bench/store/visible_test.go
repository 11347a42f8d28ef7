// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
	metainternalversion "k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/endpoints/request"
	registryrest "k8s.io/apiserver/pkg/registry/rest"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/pkg/storage"
	"spectrocloud.com/tenancy/test/bench/rounds"
	"spectrocloud.com/tenancy/test/bench/stores"
)

const (
	allProjects  = 10_000
	seenProjects = 5
	seeing       = "those-who-see"
)

// seen lists Projects, which an administrator sees all of and a member of groups few.
type seen struct{ projects registryrest.Lister }

func (s seen) by(ctx context.Context, want int, options metainternalversion.ListOptions, groups ...string) error {
	ctx = request.WithUser(stores.Request(ctx, "projects", ""), &user.DefaultInfo{Name: "bench", Groups: groups})
	list, err := s.projects.List(ctx, &options)
	if err != nil {
		return err
	}
	if found := len(list.(*spectrocloud.ProjectList).Items); found != want {
		return fmt.Errorf("%d of %d Projects listed", found, want)
	}
	return nil
}

// lister is a peer that lists with options, and has to find as many as it sees.
func (s seen) lister(name string, want int, options metainternalversion.ListOptions, groups ...string) rounds.Peer {
	return rounds.Peer{Name: name, Operation: func(ctx context.Context) error { return s.by(ctx, want, options, groups...) }}
}

// BenchmarkVisible prints what a list of 10,000 Projects costs a caller who sees 5 of them, against one that reads all for
// them, and against an administrator's list of all.
func BenchmarkVisible(b *testing.B) {
	etcd, err := storage.StartEmbedded(b.Context(), b.TempDir())
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, etcd.Close()) })
	server, err := stores.Start(b.Context(), etcd)
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, server.Close()) })
	prepareProject(b, server)
	fillProjects(b, server, allProjects-1)

	s := seen{server.Projects}
	latest, err := server.Projects.List(stores.Request(b.Context(), "projects", ""), &metainternalversion.ListOptions{})
	require.NoError(b, err)
	// Of a certain moment there is no index, so that all of it is read.
	moment := metainternalversion.ListOptions{
		ResourceVersion: latest.(*spectrocloud.ProjectList).ResourceVersion, ResourceVersionMatch: metav1.ResourceVersionMatchExact}
	many := []string{seeing}
	for i := range 300 {
		many = append(many, fmt.Sprintf("names-nothing-%d", i))
	}
	v := versus{"list of 10,000, 5 seen", rounds.Settings{Rounds: 5, Operations: 100, Clients: 1}, []rounds.Peer{
		s.lister("by index", seenProjects, metainternalversion.ListOptions{}, seeing),
		s.lister("in 301 groups", seenProjects, metainternalversion.ListOptions{}, many...),
		s.lister("none seen", 0, metainternalversion.ListOptions{}),
		s.lister("reading all", seenProjects, moment, seeing),
		s.lister("all, administrator", allProjects, metainternalversion.ListOptions{}, user.SystemPrivilegedGroup),
	}, []float64{0, 0, 20, 50}, []float64{0, 0, 5, 5}}
	b.Run(v.name(), v.run)
}

// fillProjects adds n Projects, of which some are seen.
func fillProjects(b *testing.B, server *stores.Server, n int) {
	b.Helper()
	var creating errgroup.Group
	creating.SetLimit(64)
	for i := range n {
		creating.Go(func() error {
			name, group := fmt.Sprintf("filled-%06d", i), fmt.Sprintf("team-%d", i%1000)
			if i%(allProjects/seenProjects) == 0 {
				group = seeing
			}
			_, err := server.Projects.Create(stores.Request(b.Context(), "projects", name), &spectrocloud.Project{
				ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: name},
				Spec: spectrocloud.ProjectSpec{TenantRef: spectrocloud.TenantReference{Name: tenantName},
					RoleMapping: spectrocloud.RoleMapping{Viewer: []string{group}, Editor: []string{group + "-editors"}, Admin: []string{group + "-admins"}}},
			}, registryrest.ValidateAllObjectFunc, &metav1.CreateOptions{})
			return err
		})
	}
	require.NoError(b, creating.Wait())
}
