// SPDX-License-Identifier: Apache-2.0

package kubectlgpu

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/printers"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/quota"
)

func newFit(p *plugin) *cobra.Command {
	kind := workloadKind
	command := &cobra.Command{
		Use:   "can-i-fit FAMILY=COUNT[,FAMILY=COUNT...]",
		Short: "Say whether a request for GPUs would fit now, and if not what is missing",
		Long: `Say whether a request for GPUs would fit in a Project at this moment, and if not what is missing, and at which level. The server
decides, by a dry run of the create: nothing is created. If you may not create in the Project, its quotas are computed instead, and
the answer is called an estimate.

Exits with 0 if it fits, 1 if it does not, 2 if that can't be told.`,
		Example: `  kubectl gpu can-i-fit NVIDIA-A100=8 -n project-a
  kubectl gpu can-i-fit NVIDIA-A100=4,NVIDIA-H100=2 -n project-a --kind computepool`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: p.completeRequest,
		RunE: func(command *cobra.Command, args []string) error {
			return p.fit(command.Context(), args, kind)
		},
	}
	command.Flags().StringVar(&kind, "kind", kind, "What would ask for them: aiworkload or computepool.")
	complete(command, "kind", cobra.FixedCompletions([]string{workloadKind, poolKind}, cobra.ShellCompDirectiveNoFileComp))
	p.addOutput(command, "table", "json", "yaml")
	return command
}

// parseRequest reads FAMILY=COUNT, separated by commas in one argument or in several.
func parseRequest(args []string) (spectrocloud.GPUCounts, error) {
	request := spectrocloud.GPUCounts{}
	for _, one := range strings.Split(strings.Join(args, ","), ",") {
		family, count, found := strings.Cut(one, "=")
		n, err := strconv.ParseInt(count, 10, 32)
		switch {
		case !found || family == "":
			return nil, fmt.Errorf("%q is no request for GPUs: say FAMILY=COUNT, for example NVIDIA-A100=8", one)
		case err != nil || n < 1:
			return nil, fmt.Errorf("%q asks for %q GPUs: that has to be a number of at least 1", one, count)
		case request[family] != 0:
			return nil, fmt.Errorf("%s is asked for twice", family)
		}
		request[family] = int32(n)
	}
	return request, nil
}

// outcome is what would become of a request.
type outcome string

const (
	fits    outcome = "fits"
	waits   outcome = "waits"
	refused outcome = "refused"
)

// verdict is the outcome, and why.
type verdict struct {
	outcome outcome
	// why is empty if it fits.
	why string
	// estimated says that the server was not asked to decide.
	estimated bool
}

func (p *plugin) fit(ctx context.Context, args []string, kind string) error {
	request, err := parseRequest(args)
	if err != nil {
		return err
	}
	if kind != workloadKind && kind != poolKind {
		return fmt.Errorf("there is no --kind %q that asks for GPUs: use %s or %s", kind, workloadKind, poolKind)
	}
	project, err := p.namespace()
	if err != nil {
		return err
	}
	c, err := p.client()
	if err != nil {
		return err
	}
	said, err := c.rehearse(ctx, project, kind, request)
	if err != nil && !errors.Is(err, errMayNotCreate) {
		return err
	}
	var levels []quota.Level
	var lookup error
	if err != nil || said.outcome != fits { // The server's sentence names the tightest level only.
		levels, lookup = c.levels(ctx, project)
	}
	if err != nil {
		if lookup != nil {
			return fmt.Errorf("you may not create %ss in %s, and it can't be estimated: %w", kind, project, lookup)
		}
		said = estimate(request, levels)
		p.warn("This is an estimate: you may not create %ss in %s, so the server was not asked to decide.", kind, project)
	}
	if lookup != nil {
		p.warn("The figures can't be shown: %s.", explain(lookup))
	}
	if err := p.printVerdict(said, project, kind, request, levels); err != nil {
		return err
	}
	if said.outcome != fits {
		return errDoesNotFit
	}
	return nil
}

// printVerdict prints a sentence, and below it the figures unless it fits.
func (p *plugin) printVerdict(said verdict, project, kind string, request spectrocloud.GPUCounts, levels []quota.Level) error {
	families := fitFamilies(request, levels)
	if p.structured() {
		return p.printStructure(said.report(project, kind, families))
	}
	fmt.Fprintln(p.Out, printers.EscapeTerminal(said.say(project, request)))
	if said.outcome == fits || len(levels) == 0 {
		return nil
	}
	fmt.Fprintln(p.Out)
	return p.printTable(fitTable(families))
}

// say is the verdict in a sentence.
func (v verdict) say(project string, request spectrocloud.GPUCounts) string {
	switch v.outcome {
	case fits:
		return fmt.Sprintf("Yes: %s fit in %s now.", quota.Format(request), project)
	case waits:
		return fmt.Sprintf("No, it would wait in %s for %s.", project, v.why)
	}
	return fmt.Sprintf("No, it would be refused in %s: %s.", project, v.why)
}

// estimate computes what the ledger would decide.
func estimate(request spectrocloud.GPUCounts, levels []quota.Level) verdict {
	if overdrafts := quota.Overdrafts(request, levels...); len(overdrafts) > 0 {
		return verdict{refused, overdrafts[0].String(), true}
	}
	if missing := quota.Shortages(request, levels...); len(missing) > 0 {
		return verdict{waits, quota.Describe(missing), true}
	}
	return verdict{fits, "", true}
}
