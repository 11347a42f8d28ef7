// SPDX-License-Identifier: Apache-2.0

// Package plugin has people type "kubectl gpu" at a real cluster, with the real
// kubectl and the rights that they have.
package plugin

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/generated/clientset/versioned"
	client "spectrocloud.com/tenancy/generated/clientset/versioned/typed/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/pkg/localcluster"
	"spectrocloud.com/tenancy/test/integration/framework"
)

const (
	a100 = "NVIDIA-A100"
	h100 = "NVIDIA-H100"
	l4   = "NVIDIA-L4"
)

type counts = v1alpha1.GPUCounts

var (
	cluster *framework.Cluster
	tenancy client.SpectrocloudV1alpha1Interface
)

func TestMain(m *testing.M) {
	framework.Main(m, localcluster.Options{}, func(c *framework.Cluster) {
		config := rest.CopyConfig(c.Config())
		config.QPS, config.Burst = -1, -1
		clients, err := versioned.NewForConfig(config)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		cluster, tenancy = c, clients.SpectrocloudV1alpha1()
	})
}

// place is a Tenant with Projects. Its groups are named after them: <tenant>-managers, <project>-viewers and so on.
type place struct {
	tenant   string
	projects []string
}

// newPlace makes one, with a Project for each of these quotas.
func newPlace(t *testing.T, tenant v1alpha1.GPUResources, projects ...v1alpha1.GPUResources) place {
	t.Helper()
	p := place{tenant: framework.Name("tenant")}
	object := framework.Tenant(p.tenant, p.tenant+"-managers")
	object.Spec.GPUResources = tenant
	_, err := tenancy.Tenants().Create(t.Context(), object, metav1.CreateOptions{})
	require.NoError(t, err)
	for _, resources := range projects {
		name := framework.Name("project")
		project := framework.Project(name, p.tenant)
		project.Spec.GPUResources = resources
		project.Spec.RoleMapping = v1alpha1.RoleMapping{
			Viewer: []string{name + "-viewers"}, Editor: []string{name + "-editors"}, Admin: []string{name + "-admins"}}
		_, err := tenancy.Projects(name).Create(t.Context(), project, metav1.CreateOptions{})
		require.NoError(t, err)
		p.projects = append(p.projects, name)
	}
	for _, name := range p.projects {
		cluster.ProjectReady(t, name)
	}
	cluster.TenantReady(t, p.tenant)
	framework.Eventually(t, "the Tenant to show itself to its Projects' groups", func(ctx context.Context) error {
		found, err := tenancy.Tenants().Get(ctx, p.tenant, metav1.GetOptions{})
		if err == nil && len(found.Status.ProjectGroups) != 3*len(projects) {
			err = fmt.Errorf("groups: %v", found.Status.ProjectGroups)
		}
		return err
	})
	return p
}

func limits(c counts) v1alpha1.GPUResources { return v1alpha1.GPUResources{Limits: c} }

// ask creates an AIWorkload.
func ask(t *testing.T, project, name string, gpus counts) *v1alpha1.AIWorkload {
	t.Helper()
	created, err := tenancy.AIWorkloads(project).Create(t.Context(), &v1alpha1.AIWorkload{
		ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.AIWorkloadSpec{GPURequests: gpus}}, metav1.CreateOptions{})
	require.NoError(t, err)
	return created
}

// person types commands.
type person struct{ kubeconfig string }

// someone logs in as a member of the groups.
func someone(t *testing.T, groups ...string) person {
	t.Helper()
	return keep(t, cluster.LoggedIn(t, framework.Name("person"), groups...).Config)
}

func admin(t *testing.T) person {
	t.Helper()
	return keep(t, cluster.Config())
}

// keep writes a kubeconfig.
func keep(t *testing.T, config *rest.Config) person {
	t.Helper()
	kubeconfig := clientcmdapi.NewConfig()
	kubeconfig.Clusters["local"] = &clientcmdapi.Cluster{Server: config.Host, CertificateAuthority: config.CAFile, CertificateAuthorityData: config.CAData}
	kubeconfig.AuthInfos["me"] = &clientcmdapi.AuthInfo{Token: config.BearerToken, ClientCertificate: config.CertFile, ClientKey: config.KeyFile,
		ClientCertificateData: config.CertData, ClientKeyData: config.KeyData}
	kubeconfig.Contexts["here"] = &clientcmdapi.Context{Cluster: "local", AuthInfo: "me"}
	kubeconfig.CurrentContext = "here"
	file := filepath.Join(t.TempDir(), "kubeconfig")
	require.NoError(t, clientcmd.WriteToFile(*kubeconfig, file))
	return person{file}
}

// command is a run of kubectl that is yet to be started.
func (p person) command(ctx context.Context, t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	root, err := framework.ModuleRoot()
	require.NoError(t, err)
	path := strings.Join([]string{filepath.Join(root, "bin"), filepath.Join(root, "artifacts", "kubectl"), os.Getenv("PATH")}, string(os.PathListSeparator))
	return cluster.KubectlCommand(ctx, []string{"KUBECONFIG=" + p.kubeconfig, "PATH=" + path, "COLUMNS=80"}, args...)
}

// answer is what a command wrote and how it ended.
type answer struct {
	stdout, stderr string
	status         int
}

func (p person) types(t *testing.T, args ...string) answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	command := p.command(ctx, t, args...)
	var stdout, stderr strings.Builder
	command.Stdout, command.Stderr = &stdout, &stderr
	err := command.Run()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		require.NoError(t, err)
	}
	return answer{stdout.String(), stderr.String(), command.ProcessState.ExitCode()}
}

// rows are the cells of the lines of a table, apart from its headers.
func (a answer) rows(t *testing.T) [][]string {
	t.Helper()
	require.Zero(t, a.status, a.stderr)
	require.NotEmpty(t, a.stdout, a.stderr)
	var rows [][]string
	for line := range strings.Lines(a.stdout) {
		cells := slices.DeleteFunc(strings.Split(strings.TrimSpace(line), "   "), func(cell string) bool { return cell == "" })
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		rows = append(rows, cells)
	}
	return rows[1:]
}
