// SPDX-License-Identifier: Apache-2.0

package alerts

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	dashboardFile = filepath.Join("..", "..", "artifacts", "chart", "files", "dashboards", "tenancy.json")
	metricsFile   = filepath.Join("..", "..", "docs", "metrics.md")
)

// headings returns the names by which a page's headings are linked, as the page's path below the module and #anchor.
func headings(t *testing.T, path string) (anchors []string) {
	t.Helper()
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	dropped := regexp.MustCompile(`[^\p{L}\p{N} _-]`)
	for line := range strings.Lines(string(content)) {
		if title := strings.TrimLeft(line, "#"); title != line {
			anchor := dropped.ReplaceAllString(strings.ToLower(strings.TrimSpace(title)), "")
			anchors = append(anchors, "docs/"+filepath.Base(path)+"#"+strings.ReplaceAll(anchor, " ", "-"))
		}
	}
	return anchors
}

// documented are the metrics that docs/metrics.md has a row for, which test/integration/observability compares with what
// the programs show.
func documented(t *testing.T) map[string]bool {
	t.Helper()
	content, err := os.ReadFile(metricsFile)
	require.NoError(t, err)
	names := map[string]bool{"up": true} // Prometheus' own.
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z_]+)`").FindAllStringSubmatch(string(content), -1) {
		names[row[1]] = true
	}
	return names
}

// metricsOf are the metrics that an expression asks for.
func metricsOf(t *testing.T, what, expression string) (names []string) {
	t.Helper()
	parsed, err := promQL.ParseExpr(expression)
	require.NoError(t, err, "%s: %s", what, expression)
	parser.Inspect(parsed, func(node parser.Node, _ []parser.Node) error {
		if selector, ok := node.(*parser.VectorSelector); ok {
			for _, matcher := range selector.LabelMatchers {
				if matcher.Name == model.MetricNameLabel {
					names = append(names, matcher.Value)
				}
			}
		}
		return nil
	})
	require.NotEmpty(t, names, "%s asks for no metric: %s", what, expression)
	return names
}

func assertDocumented(t *testing.T, what, expression string) {
	t.Helper()
	known := documented(t)
	for _, name := range metricsOf(t, what, expression) {
		base := name
		for _, suffix := range []string{"_bucket", "_sum", "_count"} { // Of a histogram.
			if cut, ok := strings.CutSuffix(name, suffix); ok && known[cut] {
				base = cut
			}
		}
		assert.True(t, known[base], "%s asks for %s, which docs/metrics.md does not know", what, name)
	}
}

func TestAlertsAskForMetricsThatThereAre(t *testing.T) {
	for name, rule := range readRules(t, readCases(t).RuleFiles) {
		assertDocumented(t, name, rule.Expr)
	}
}

// dashboard is what is looked at of a Grafana dashboard.
type dashboard struct {
	Title, UID    string
	SchemaVersion int
	Templating    struct {
		List []struct {
			Name, Type string
			Query      any
		}
	}
	Panels []panel
}

type panel struct {
	ID         int
	Title      string
	Type       string
	Datasource struct{ Type, UID string }
	Targets    []struct{ Expr, LegendFormat string }
	GridPos    struct{ X, Y, W, H int }
}

// variables stands for what Grafana puts in the place of variables.
var variables = strings.NewReplacer("$__rate_interval", "5m", "$tenant", "a|b", "$family", "a|b")

func TestTheDashboardAsksForMetricsThatThereAre(t *testing.T) {
	content, err := os.ReadFile(dashboardFile)
	require.NoError(t, err)
	var d dashboard
	require.NoError(t, json.Unmarshal(content, &d))
	assert.GreaterOrEqual(t, d.SchemaVersion, 39)
	var names []string
	for _, variable := range d.Templating.List {
		names = append(names, variable.Name)
		if query, ok := variable.Query.(string); ok && variable.Type == "query" {
			inner := regexp.MustCompile(`^label_values\((.*), [a-z]+\)$`).FindStringSubmatch(query)
			require.Len(t, inner, 2, query)
			assertDocumented(t, "variable "+variable.Name, variables.Replace(inner[1]))
		}
	}
	assert.Equal(t, []string{"datasource", "tenant", "family"}, names)

	seen := map[int]bool{}
	for _, p := range d.Panels {
		assert.False(t, seen[p.ID], "two panels have number %d", p.ID)
		seen[p.ID] = true
		assert.LessOrEqual(t, p.GridPos.X+p.GridPos.W, 24, p.Title)
		if p.Type == "row" {
			continue
		}
		assert.Equal(t, "${datasource}", p.Datasource.UID, p.Title)
		assert.NotEmpty(t, p.Targets, p.Title)
		for _, target := range p.Targets {
			expression := variables.Replace(target.Expr)
			assert.NotContains(t, expression, "$", "%s: an unknown variable", p.Title)
			assertDocumented(t, "panel "+p.Title, expression)
		}
	}
}
