// SPDX-License-Identifier: Apache-2.0

package rounds

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// Rate returns operations per second: those of the median round, and of the worst.
func (r Result) Rate() (median, worst float64) { return Median(r.Rates), slices.Min(r.Rates) }

// Percentile returns the latency that a share of all operations stayed within; 0.99 for the 99th percentile.
func (r Result) Percentile(share float64) time.Duration {
	return r.Latencies[max(0, int(share*float64(len(r.Latencies))+0.5)-1)]
}

// CPUPerThousand returns the CPU seconds that a process used per 1,000 operations.
func (r Result) CPUPerThousand(process string) float64 {
	return r.CPU[process].Seconds() * 1000 / float64(len(r.Latencies))
}

// Ratio returns how many times the rate of b that of a was, round by round: in the median round, and in a's worst.
func Ratio(a, b Result) (median, worst float64) {
	ratios := make([]float64, len(a.Rates))
	for i := range ratios {
		ratios[i] = a.Rates[i] / b.Rates[i]
	}
	return Median(ratios), slices.Min(ratios)
}

// Median returns the middle of values, or the mean of the two in the middle. There must be one.
func Median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

// Write writes the results as a table in Markdown, with the ratio of the first one to each other.
func Write(w io.Writer, title string, results []Result, processes ...string) error {
	header := []string{title, "per second (worst)", "p50 ms", "p99 ms"}
	for _, process := range processes {
		header = append(header, process+" CPU s/1,000")
	}
	header = append(header, results[0].Name+" ÷ it (worst)")
	rows := [][]string{header, slices.Repeat([]string{"---"}, len(header))}
	for i, result := range results {
		median, worst := result.Rate()
		row := []string{
			result.Name, fmt.Sprintf("%s (%s)", rate(median), rate(worst)), milliseconds(result.Percentile(0.5)), milliseconds(result.Percentile(0.99)),
		}
		for _, process := range processes {
			row = append(row, fmt.Sprintf("%.2f", result.CPUPerThousand(process)))
		}
		ratio := ""
		if i > 0 {
			median, worst := Ratio(results[0], result)
			ratio = fmt.Sprintf("**%.2f** (%.2f)", median, worst)
		}
		rows = append(rows, append(row, ratio))
	}
	var table strings.Builder
	for _, row := range rows {
		fmt.Fprintf(&table, "| %s |\n", strings.Join(row, " | "))
	}
	_, err := fmt.Fprintf(w, "\n%s", table.String())
	return err
}

// rate has a digit behind the point where it is small, as that of long lists is.
func rate(perSecond float64) string {
	if perSecond < 100 {
		return fmt.Sprintf("%.1f", perSecond)
	}
	return fmt.Sprintf("%.0f", perSecond)
}

func milliseconds(d time.Duration) string { return fmt.Sprintf("%.1f", float64(d.Microseconds())/1000) }
