// SPDX-License-Identifier: Apache-2.0

package alerts

import (
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

const casesFile = "tenancy.rules.test.yaml"

// cases is what is used of promtool's format for unit tests, so that `promtool test rules` reads it, too.
type cases struct {
	RuleFiles          []string       `yaml:"rule_files"`
	EvaluationInterval model.Duration `yaml:"evaluation_interval"`
	Tests              []struct {
		Name        string         `yaml:"name"`
		Interval    model.Duration `yaml:"interval"`
		InputSeries []inputSeries  `yaml:"input_series"`
		Alerts      []expectation  `yaml:"alert_rule_test"`
	} `yaml:"tests"`
}

type inputSeries struct {
	Series string `yaml:"series"`
	Values string `yaml:"values"`
}

// expectation is which alerts of one name fire at a time.
type expectation struct {
	EvalTime model.Duration `yaml:"eval_time"`
	Name     string         `yaml:"alertname"`
	Alerts   []fired        `yaml:"exp_alerts"`
}

type fired struct {
	Labels      map[string]string `yaml:"exp_labels"`
	Annotations map[string]string `yaml:"exp_annotations"`
}

var promQL = parser.NewParser(parser.Options{})

// readRules returns the rules of the files that the cases name, by name.
func readRules(t *testing.T, files []string) map[string]rulefmt.Rule {
	t.Helper()
	rules := map[string]rulefmt.Rule{}
	for _, file := range files {
		groups, errs := rulefmt.ParseFile(file, false, model.UTF8Validation, promQL, slog.Default())
		require.Empty(t, errs)
		for _, group := range groups.Groups {
			for _, rule := range group.Rules {
				require.NotEmpty(t, rule.Alert, "%s has rules other than alerts", file)
				require.NotContains(t, rules, rule.Alert)
				rules[rule.Alert] = rule
			}
		}
	}
	return rules
}

func readCases(t *testing.T) cases {
	t.Helper()
	file, err := os.Open(casesFile)
	require.NoError(t, err)
	defer file.Close()
	var c cases
	decoder := yaml.NewDecoder(file)
	decoder.KnownFields(true)
	require.NoError(t, decoder.Decode(&c))
	return c
}

func TestEveryAlertFiresWhenItShouldAndNotOtherwise(t *testing.T) {
	c := readCases(t)
	rules := readRules(t, c.RuleFiles)
	fires, silent := map[string]bool{}, map[string]bool{}
	for _, test := range c.Tests {
		t.Run(test.Name, func(t *testing.T) {
			world := load(t, test.InputSeries, time.Duration(test.Interval))
			for _, want := range test.Alerts {
				rule, ok := rules[want.Name]
				require.True(t, ok, "there is no alert %s", want.Name)
				found := world.firing(t, rule, time.Duration(c.EvaluationInterval), time.Duration(want.EvalTime))
				if len(want.Alerts) > 0 {
					fires[want.Name] = true
				} else {
					silent[want.Name] = true
				}
				assertSame(t, want, found)
			}
		})
	}
	for name := range rules {
		assert.True(t, fires[name], "%s has no case in which it fires", name)
		assert.True(t, silent[name], "%s has no case in which it does not", name)
	}
}

// assertSame compares what fires with what should, in any order, labels and annotations.
func assertSame(t *testing.T, want expectation, found []fired) {
	t.Helper()
	if !assert.Len(t, found, len(want.Alerts), "%s at %s: %v", want.Name, want.EvalTime, found) {
		return
	}
	for _, alert := range want.Alerts {
		at := slices.IndexFunc(found, func(f fired) bool { return maps.Equal(f.Labels, alert.Labels) })
		if !assert.GreaterOrEqual(t, at, 0, "%s at %s: %v is not among %v", want.Name, want.EvalTime, alert.Labels, found) {
			continue
		}
		assert.Equal(t, alert.Annotations, found[at].Annotations, "%s at %s", want.Name, want.EvalTime)
	}
}

func TestEveryAlertSaysHowBadItIsAndLeadsToARunbookThatExists(t *testing.T) {
	anchors := headings(t, filepath.Join("..", "..", "docs", "troubleshooting.md"))
	for name, rule := range readRules(t, readCases(t).RuleFiles) {
		assert.Contains(t, []string{"critical", "warning", "info"}, rule.Labels["severity"], name)
		for _, annotation := range []string{"summary", "description", "runbook"} {
			assert.NotEmpty(t, rule.Annotations[annotation], "%s has no %s", name, annotation)
		}
		assert.Contains(t, anchors, rule.Annotations["runbook"], name)
	}
}
