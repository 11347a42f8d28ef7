// SPDX-License-Identifier: Apache-2.0

package kubectlgpu

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/duration"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/quota"
	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
)

func newQueue(p *plugin) *cobra.Command {
	all, tenant, family := false, "", ""
	command := &cobra.Command{
		Use:   "queue",
		Short: "Show who waits for which GPUs, since when, and why",
		Long: `Show the AIWorkloads and ComputePools that wait for GPUs: in the namespace of the context or of --namespace, in all Projects that
you may see (--all-namespaces), or in those of a Tenant (--tenant). The position is the place in the queue of the whole Tenant; what is
missing is of this moment.`,
		Example: `  kubectl gpu queue -n project-a
  kubectl gpu queue -A --family NVIDIA-A100
  kubectl gpu queue --tenant primary-dev`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			where, err := p.where(all, tenant)
			if err != nil {
				return err
			}
			return p.queue(command.Context(), where, family, time.Now())
		},
	}
	p.addWhere(command, &all, &tenant)
	command.Flags().StringVar(&family, "family", "", "Show who waits for this GPU family.")
	complete(command, "family", p.completeFamilies)
	p.addOutput(command, "table", "wide", "json", "yaml")
	return command
}

// addWhere adds the flags that say where to look, beside --namespace.
func (p *plugin) addWhere(command *cobra.Command, all *bool, tenant *string) {
	command.Flags().BoolVarP(all, "all-namespaces", "A", *all, "Look at all Projects that you may see.")
	command.Flags().StringVar(tenant, "tenant", "", "Look at the Projects of this Tenant that you may see.")
	complete(command, "tenant", p.completeTenants)
	command.MarkFlagsMutuallyExclusive("all-namespaces", "tenant")
}

// where is what the flags say.
func (p *plugin) where(all bool, tenant string) (where, error) {
	if tenant != "" && *p.config.Namespace != "" {
		return where{}, fmt.Errorf("--namespace %s is one Project and --tenant %s all of a Tenant's: leave out one", *p.config.Namespace, tenant)
	}
	if all || tenant != "" {
		return where{tenant: tenant}, nil
	}
	namespace, err := p.namespace()
	return where{project: namespace}, err
}

func (p *plugin) queue(ctx context.Context, where where, family string, now time.Time) error {
	c, err := p.client()
	if err != nil {
		return err
	}
	accounts, err := c.accounts(ctx, where)
	if err != nil {
		return err
	}
	rows, unread, err := c.waiting(ctx, accounts, family)
	if err != nil {
		return err
	}
	if len(unread) > 0 {
		p.warn("You may not read who waits in %s.", strings.Join(unread, ", "))
	}
	if p.structured() {
		objects := make([]runtime.Object, len(rows))
		for i, row := range rows {
			objects[i] = row.Object
		}
		return p.printObjects(false, objects)
	}
	switch {
	case len(accounts) == 0:
		p.warn("You see no Project%s.", of(where.tenant))
	case len(rows) == 0 && len(unread) == 0:
		p.warn("Nobody waits for GPUs%s.", in(where))
	case len(rows) > 0:
		return p.printTable(queueTable(rows, now))
	}
	return nil
}

func of(tenant string) string {
	if tenant == "" {
		return ""
	}
	return " of a Tenant " + tenant
}

func in(where where) string {
	if where.project != "" {
		return " in " + where.project
	}
	return of(where.tenant)
}

// place is one that waits, and what it lacks at this moment; nothing if it is about to be admitted.
type place struct {
	*consumer
	tenant  string
	missing []quota.Shortage
}

// waiting are those that wait for family, or for any, by Tenant and place, and the Projects that the caller may not read. Only
// Projects in which someone waits are read.
func (c *client) waiting(ctx context.Context, accounts map[string]*account, family string) (places []place, unread []string, err error) {
	var projects []string
	of := map[string]*account{}
	for _, a := range accounts {
		unread = append(unread, a.unread...)
		for project := range a.projects {
			if asked(waited(a.familiesOf(project)), family) {
				projects, of[project] = append(projects, project), a
			}
		}
	}
	slices.Sort(projects)
	pending := fields.OneTermEqualSelector(spectrocloud.ConsumerPhaseField, string(v1alpha1.ConsumerPending)).String()
	found, forbidden, err := c.consumersIn(ctx, projects, pending)
	for _, one := range found {
		if _, ok := one.requested[family]; family == "" || ok {
			a := of[one.meta.Namespace]
			places = append(places, place{one, a.name, quota.Shortages(one.requested, a.levels(one.meta.Namespace)...)})
		}
	}
	slices.SortFunc(places, func(a, b place) int {
		return cmp.Or(cmp.Compare(a.tenant, b.tenant), cmp.Compare(a.position, b.position), a.since().Compare(b.since()),
			cmp.Compare(a.meta.Namespace, b.meta.Namespace), cmp.Compare(a.name(), b.name()))
	})
	return places, slices.Sorted(slices.Values(append(unread, forbidden...))), err
}

// asked tells whether someone waits for family, or for any.
func asked(waited quota.Sums, family string) bool {
	if family == "" {
		return len(waited) > 0
	}
	return waited[family] > 0
}

// queueTable prints those that wait.
func queueTable(places []place, now time.Time) *metav1.Table {
	table := &metav1.Table{ColumnDefinitions: []metav1.TableColumnDefinition{
		column("Position", false), column("Tenant", false), column("Project", false), column("Name", false), column("GPUs", false),
		column("Waits", false), column("Since", true), column("Bound by", false), column("Why", false),
	}}
	for _, p := range places {
		position := nothing
		if p.position > 0 {
			position = fmt.Sprint(p.position)
		}
		bound, why := p.why()
		table.Rows = append(table.Rows, metav1.TableRow{Cells: []any{position, p.tenant, p.meta.Namespace, p.name(), quota.Format(p.requested),
			duration.HumanDuration(now.Sub(p.since())), p.since().UTC().Format(time.RFC3339), bound, why}})
	}
	return table
}

// why says whose limits it waits for, and what is missing at this moment; where that can't be told, what the server said last.
func (p place) why() (bound, why string) {
	if len(p.missing) == 0 || p.reserved().Reason != reasonWaiting {
		return nothing, p.reserved().Message
	}
	kinds := map[string]bool{}
	for _, shortage := range p.missing {
		kinds[shortage.Kind] = true
	}
	return strings.Join(slices.Sorted(maps.Keys(kinds)), ", "), quota.Describe(p.missing)
}

// reasonWaiting is the reason of condition QuotaReserved while GPUs are missing.
const reasonWaiting = "Waiting"
