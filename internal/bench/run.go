package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"muster/internal/bench/intake"
	"muster/internal/bench/latency"
	"muster/internal/bench/memory"
	"muster/internal/bench/queries"
	"muster/internal/bench/report"
	"muster/internal/bench/rig"
)

// declareLimit is how long the declaration of thousands of incidents may take.
const declareLimit = 2 * time.Minute

// measurements are the parts of a run, in their order.
var measurements = []struct {
	name    string
	measure func(ctx context.Context, r *rig.Rig, s settings, say func(string)) (report.Section, error)
}{
	{"intake", func(ctx context.Context, r *rig.Rig, s settings, say func(string)) (report.Section, error) {
		return intake.Measure(ctx, r, s.each, say)
	}},
	{"latency", func(ctx context.Context, r *rig.Rig, s settings, say func(string)) (report.Section, error) {
		return latency.Measure(ctx, r, latency.Options{Pages: s.inProportion(200), Floors: s.inProportion(100), Say: say})
	}},
	{"memory", func(ctx context.Context, r *rig.Rig, s settings, say func(string)) (report.Section, error) {
		return memory.Measure(ctx, r, memory.Options{
			Incidents: []int{s.inProportion(1000), s.inProportion(3000)}, Followups: s.inProportion(500), Limit: declareLimit, Say: say,
		})
	}},
	{"queries", func(ctx context.Context, r *rig.Rig, s settings, say func(string)) (report.Section, error) {
		return queries.Measure(ctx, r, queries.Options{Incidents: s.incidents, Requests: s.inProportion(300), Say: say})
	}},
}

func partNames() (names []string) {
	for _, m := range measurements {
		names = append(names, m.name)
	}
	return names
}

// measure makes the run and tells of it. The run's folder, with the logs of all processes,
// stays where something went wrong.
func measure(ctx context.Context, s settings, out io.Writer, terminal bool) (err error) {
	began := time.Now()
	folder, err := os.MkdirTemp(s.logs, "muster-bench-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("%w\nThe logs are in %s", err, folder)
			return
		}
		if s.logs == "" {
			err = os.RemoveAll(folder)
		}
	}()
	r, err := rig.New(s.binary, folder)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	r.Profiles = s.profile
	say := func(what string) {
		fmt.Fprintf(out, "%5s  %s\n", time.Since(began).Round(time.Second), what)
	}
	result := report.Report{Command: s.command, Began: began, Machine: machine(ctx, folder)}
	for _, m := range measurements {
		if !slices.Contains(s.only, m.name) {
			continue
		}
		section, err := m.measure(ctx, r, s, say)
		if err = errors.Join(err, r.Clear()); err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
		result.Sections = append(result.Sections, section)
	}
	result.Took = time.Since(began)
	result.Text(out, terminal)
	if s.reportTo == "" {
		return nil
	}
	file, err := os.Create(s.reportTo)
	if err != nil {
		return err
	}
	result.Markdown(file)
	return file.Close()
}
