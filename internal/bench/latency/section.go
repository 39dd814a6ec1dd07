package latency

import (
	"fmt"
	"strconv"

	"muster/internal/bench/report"
	"muster/internal/bench/sample"
)

func section(o Options, conditions []*condition) report.Section {
	s := report.Section{
		Title: "Latency: from an alert to the request at PagerDuty",
		About: []string{
			fmt.Sprintf("One alert every %s, each of a group of its own, so that each opens an incident and pages; %d of them. Measured is from before the alert", pace, o.Pages),
			"is sent to the arrival of the Events API's request at a stand-in that answers at once, which knows Slack and Jira as well. The floor is a workflow of one activity",
			fmt.Sprintf("on the same Temporal at the same pace, from before its start to the beginning of its activity; %d of them.", o.Floors),
			fmt.Sprintf("The storm is %d deliveries a second of %d alerts each, all new, of one group of another service.", int(stormRate), stormAlerts),
		},
	}
	times := report.Table{Title: "Time", Names: 2, Columns: []string{"condition", "", "p50", "p90", "p99", "most"}}
	cores := report.Table{Title: "Processors kept busy meanwhile", Columns: []string{"condition", "server", "worker", "Temporal", "Postgres"}}
	for _, c := range conditions {
		times.Rows = append(times.Rows,
			row(c.name, "alert accepted (202)", c.accepted), row(c.name, "floor", c.floor), row(c.name, "alert to page", c.page),
			[]string{
				c.name, "page to floor", sample.Times(sample.Ratio(c.page.P50, c.floor.P50)), sample.Times(sample.Ratio(c.page.P90, c.floor.P90)),
				sample.Times(sample.Ratio(c.page.P99, c.floor.P99)), sample.Times(sample.Ratio(c.page.Max, c.floor.Max)),
			})
		busy := []string{c.name}
		for _, n := range c.cores {
			busy = append(busy, strconv.FormatFloat(n, 'f', 2, 64))
		}
		cores.Rows = append(cores.Rows, busy)
		s.Aims = append(s.Aims,
			aim(c.name+", p50", sample.Ratio(c.page.P50, c.floor.P50), atMedian, c),
			aim(c.name+", p99", sample.Ratio(c.page.P99, c.floor.P99), atP99, c))
		if c.missing > 0 {
			s.Notes = append(s.Notes, fmt.Sprintf("%s: %d pages of %d had not arrived %s after the last alert.", c.name, c.missing, o.Pages, patience))
		}
		if c.stormy {
			s.Notes = append(s.Notes, fmt.Sprintf("The storm: %s deliveries of %d alerts, %s alerts a second, answered within %s at p50 and %s at p99; %d were refused.",
				sample.Count(float64(c.storm.Requests)), stormAlerts, sample.Count(c.storm.AlertsPerSecond()),
				sample.Milliseconds(c.storm.Answers.P50), sample.Milliseconds(c.storm.Answers.P99), c.storm.Refused))
		}
	}
	s.Tables = []report.Table{times, cores}
	return s
}

func row(condition, name string, d sample.Distribution) []string {
	return []string{condition, name, sample.Milliseconds(d.P50), sample.Milliseconds(d.P90), sample.Milliseconds(d.P99), sample.Milliseconds(d.Max)}
}

// aim is reached only where every page arrived.
func aim(what string, ratio, wanted float64, c *condition) report.Aim {
	return report.Aim{
		What: "page to floor, " + what, Wanted: "≤ " + sample.Times(wanted), Measured: sample.Times(ratio),
		Reached: ratio > 0 && ratio <= wanted && c.missing == 0,
	}
}
