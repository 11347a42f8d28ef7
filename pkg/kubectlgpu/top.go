// SPDX-License-Identifier: Apache-2.0

package kubectlgpu

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/fields"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/quota"
	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
)

// defaultRows is how many rows top shows unless told otherwise.
const defaultRows = 20

// What top ranks.
const (
	topProjects  = "projects"
	topWorkloads = "workloads"
)

// top is the command with its flags.
type top struct {
	*plugin
	workloads bool
	watch     bool
	rows      int
	where     where
}

func newTop(p *plugin) *cobra.Command {
	t := &top{plugin: p}
	all, tenant := true, ""
	command := &cobra.Command{
		Use:   "top [projects|workloads]",
		Short: "Show who uses most GPUs, and how long others wait",
		Long: `Show the Projects, or the AIWorkloads and ComputePools, that use most GPUs, and how long those wait that wait for some: all that you may
see, or those of one Project or Tenant. With --watch, it is shown anew whenever something changes, until Ctrl-C.`,
		Example: `  kubectl gpu top
  kubectl gpu top workloads -n project-a --watch`,
		Args:      cobra.MatchAll(cobra.MaximumNArgs(1), cobra.OnlyValidArgs),
		ValidArgs: []cobra.Completion{topProjects, topWorkloads},
		RunE: func(command *cobra.Command, args []string) (err error) {
			switch {
			case t.rows < 0:
				return fmt.Errorf("--limit is %d: it has to be the most rows to show, or 0 for all", t.rows)
			case t.watch && p.structured():
				return fmt.Errorf("--watch shows tables: leave out -o %s, or the flag", p.output)
			case p.structured() && !command.Flags().Changed("limit"):
				t.rows = 0 // Nothing is missing from what programs read, unless they say so.
			}
			unlessNamed := *p.config.Namespace == "" || command.Flags().Changed("all-namespaces")
			if t.where, err = p.where(all && unlessNamed, tenant); err != nil {
				return err
			}
			t.workloads = len(args) > 0 && args[0] == topWorkloads
			return t.show(command.Context())
		},
	}
	p.addWhere(command, &all, &tenant)
	command.Flags().BoolVarP(&t.watch, "watch", "w", false, "Keep showing it as it changes.")
	command.Flags().IntVar(&t.rows, "limit", defaultRows, "The most rows to show; 0 for all, as in json and yaml unless given.")
	p.addOutput(command, "table", "json", "yaml")
	return command
}

func (t *top) show(ctx context.Context) error {
	c, err := t.client()
	if err != nil {
		return err
	}
	if t.watch {
		return t.keepShowing(ctx, c)
	}
	shown, err := t.read(ctx, c)
	if err != nil {
		return err
	}
	for _, warning := range shown.warnings {
		t.warn("%s", warning)
	}
	if t.structured() {
		return t.printStructure(shown.report(t.workloads, t.rows))
	}
	return t.printTable(shown.table(t.workloads, t.rows, time.Now()))
}

// standing is a row: a Project, or an AIWorkload or a ComputePool in it.
type standing struct {
	tenant, project, name string
	phase                 string
	held, asked           quota.Sums
	// waiting is how many wait, since the time since; unknown for a Project that the caller doesn't see.
	waiting int
	since   time.Time
	unknown bool
}

func (s *standing) gpus() (sum int64) {
	for _, n := range s.held {
		sum += n
	}
	return sum
}

// add counts one that waits.
func (s *standing) add(since time.Time) {
	if s.waiting == 0 || since.Before(s.since) {
		s.since = since
	}
	s.waiting++
}

// ranking is what top shows: who uses most comes first, then who waits longest.
type ranking struct {
	standings []*standing
	warnings  []string
	// projects are those that were looked at.
	projects []string
}

func (t *top) read(ctx context.Context, c *client) (*ranking, error) {
	accounts, err := c.accounts(ctx, t.where)
	if err != nil {
		return nil, err
	}
	shown := &ranking{}
	for _, a := range accounts {
		for project := range a.projects {
			shown.projects = append(shown.projects, project)
		}
	}
	if len(shown.projects) == 0 {
		shown.warnings = append(shown.warnings, fmt.Sprintf("You see no Project%s.", of(t.where.tenant)))
	}
	slices.Sort(shown.projects)
	var unread []string
	if t.workloads {
		unread, err = shown.readWorkloads(ctx, c, accounts)
	} else {
		unread, err = shown.readProjects(ctx, c, accounts, t.where)
	}
	if len(unread) > 0 {
		shown.warnings = append(shown.warnings, "You may not read the workloads of "+strings.Join(unread, ", ")+".")
	}
	if err == nil && len(shown.standings)+len(unread) == 0 && len(shown.projects) > 0 {
		shown.warnings = append(shown.warnings, fmt.Sprintf("Nobody uses GPUs or waits for any%s.", in(t.where)))
	}
	shown.sort()
	return shown, err
}

func (r *ranking) sort() {
	slices.SortFunc(r.standings, func(a, b *standing) int {
		return cmp.Or(cmp.Compare(b.gpus(), a.gpus()), cmp.Compare(min(1, b.waiting), min(1, a.waiting)), a.since.Compare(b.since),
			cmp.Compare(a.tenant, b.tenant), cmp.Compare(a.project, b.project), cmp.Compare(a.name, b.name))
	})
}

// readProjects ranks Projects by gpuusage, and reads of workloads those that wait.
func (r *ranking) readProjects(ctx context.Context, c *client, accounts map[string]*account, where where) ([]string, error) {
	found := map[string]*standing{}
	for _, a := range accounts {
		for _, p := range a.usage.Projects {
			if where.project != "" && p.Name != where.project {
				continue
			}
			s := &standing{tenant: a.name, project: p.Name, held: used(p.Families), asked: waited(p.Families)}
			s.unknown = a.projects[p.Name] == nil && len(s.asked) > 0
			found[p.Name] = s
			r.standings = append(r.standings, s)
		}
	}
	places, unread, err := c.waiting(ctx, accounts, "")
	for _, p := range places {
		if s := found[p.meta.Namespace]; s != nil {
			s.add(p.since())
		}
	}
	for _, project := range unread {
		if s := found[project]; s != nil {
			s.unknown = true
		}
	}
	return unread, err
}

// readWorkloads ranks what holds GPUs or waits for some.
func (r *ranking) readWorkloads(ctx context.Context, c *client, accounts map[string]*account) ([]string, error) {
	tenants := map[string]string{}
	for _, a := range accounts {
		for project := range a.projects {
			tenants[project] = a.name
		}
	}
	active := fields.OneTermNotEqualSelector(spectrocloud.ConsumerPhaseField, string(v1alpha1.ConsumerSuspended)).String()
	found, unread, err := c.consumersIn(ctx, r.projects, active)
	for _, one := range found {
		s := &standing{tenant: tenants[one.meta.Namespace], project: one.meta.Namespace, name: one.name(), phase: string(one.status.Phase),
			held: quota.Sums{}, asked: quota.Sums{}, since: one.since()}
		s.held.Add(spectrocloud.GPUCounts(one.status.GPUUsage), 1)
		if one.waits() {
			s.asked.Add(one.requested, 1)
			s.waiting = 1
		}
		if len(s.held)+len(s.asked) > 0 {
			r.standings = append(r.standings, s)
		}
	}
	return unread, err
}

// first are as many of the standings, or all if that is 0.
func (r *ranking) first(rows int) []*standing {
	if rows == 0 {
		return r.standings
	}
	return r.standings[:min(rows, len(r.standings))]
}
