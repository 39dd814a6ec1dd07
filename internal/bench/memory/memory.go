// Package memory measures what an open incident and an open follow-up cost: memory of
// server, worker and Temporal, and room in the databases.
package memory

import (
	"bytes"
	"context"
	_ "embed" // for the playbook
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"muster/internal/bench/report"
	"muster/internal/bench/rig"
	"muster/internal/bench/sample"
	"muster/internal/bench/vendors"
)

//go:embed bench.yaml
var playbook string

const (
	playbookName = "bench"
	serviceName  = "checkout"
	// callers is how many commands are under way at once.
	callers = 16
	// perIncident is how many follow-ups an incident has here.
	perIncident = 5
	// settleTime is how long nothing is done before memory is looked at.
	settleTime = 5 * time.Second
	// fileLimit is how long the last ticket is waited for.
	fileLimit = 2 * time.Minute
	// look is the time between two looks.
	look = 200 * time.Millisecond
)

// Options say how much to measure.
type Options struct {
	// Incidents are at how many open incidents to look, in ascending order, and Limit is how
	// long they may take to declare; then it is looked at as many as there are.
	Incidents []int
	Limit     time.Duration
	// Followups is how many follow-ups to add.
	Followups int
	Say       func(string)
}

// mark is what is used at one moment.
type mark struct {
	incidents, followups     int
	server, worker, temporal rig.Usage
	// Heaps are what Go holds of it for what is alive, and for what has not been cleared yet.
	serverHeap, workerHeap   int64
	database, temporalOnDisk int64
}

type measuring struct {
	options  Options
	rig      *rig.Rig
	stack    *rig.Stack
	declared atomic.Int64
	added    atomic.Int64
	filed    atomic.Int64
	marks    []mark
	notes    []string
}

// Measure declares incidents and adds follow-ups, and looks at what they cost.
func Measure(ctx context.Context, r *rig.Rig, o Options) (_ report.Section, err error) {
	m := &measuring{options: o, rig: r}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return report.Section{}, err
	}
	handler := vendors.Handler(func(time.Time, string) {})
	standIns := &http.Server{ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler.ServeHTTP(w, r)
		// A ticket's status is read once it has been filed and linked.
		if r.Method == http.MethodGet && r.PathValue("key") != "" {
			m.filed.Add(1)
		}
	})}
	go standIns.Serve(listener) //nolint:errcheck // it ends by Close
	defer func() { err = errors.Join(err, standIns.Close()) }()
	m.say("starting everything")
	m.stack, err = r.Stack(ctx, rig.Muster{
		VendorsURL: "http://" + listener.Addr().String(),
		Catalogue:  rig.Catalogue([]string{serviceName}, playbookName), Playbooks: map[string]string{playbookName + ".yaml": playbook},
	})
	if err != nil {
		return report.Section{}, err
	}
	if err := m.grow(ctx); err != nil {
		return report.Section{}, err
	}
	return m.section(), nil
}

func (m *measuring) say(what string) { m.options.Say("memory: " + what) }

func (m *measuring) grow(ctx context.Context) error {
	if err := m.look(ctx); err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, m.options.Limit)
	defer cancel()
	var declaring time.Duration
	for _, target := range m.options.Incidents {
		m.say(fmt.Sprintf("declaring, to %d incidents", target))
		began := time.Now()
		if err := m.each(limited, &m.declared, target, m.declare); err != nil {
			return err
		}
		declaring += time.Since(began)
		if err := m.look(ctx); err != nil {
			return err
		}
		if int(m.declared.Load()) < target {
			m.notes = append(m.notes, fmt.Sprintf("There was no time for more than %d incidents.", m.declared.Load()))
			break
		}
	}
	m.notes = append(m.notes, fmt.Sprintf("Incidents were declared at %.0f a second.", sample.Ratio(float64(m.declared.Load()), declaring.Seconds())))
	m.say(fmt.Sprintf("adding %d follow-ups", m.options.Followups))
	if err := m.each(ctx, &m.added, min(m.options.Followups, int(m.declared.Load())*perIncident), m.addFollowup); err != nil {
		return err
	}
	if err := m.awaitTickets(ctx); err != nil {
		return err
	}
	return m.look(ctx)
}

// each does something by several callers until it has been done so often in all, or ctx
// ends.
func (m *measuring) each(ctx context.Context, count *atomic.Int64, target int, do func(ctx context.Context, i int64) error) error {
	var next atomic.Int64
	next.Store(count.Load())
	var once sync.Once
	var failed error
	var running sync.WaitGroup
	for range callers {
		running.Go(func() {
			for ctx.Err() == nil {
				i := next.Add(1)
				if i > int64(target) {
					return
				}
				// One that is under way is not cut off.
				if err := do(context.WithoutCancel(ctx), i); err != nil {
					once.Do(func() { failed = err })
					return
				}
				count.Add(1)
			}
		})
	}
	running.Wait()
	return failed
}

func (m *measuring) declare(ctx context.Context, i int64) error {
	return m.post(ctx, "/api/v1/incidents", map[string]string{
		"title": fmt.Sprintf("Checkout gateway: error rate above 5%% (%d)", i), "service": serviceName, "severity": "SEV1",
		"summary": "Requests fail with a timeout.", "actor": "Sample Responder",
	})
}

func (m *measuring) addFollowup(ctx context.Context, i int64) error {
	return m.post(ctx, fmt.Sprintf("/api/v1/incidents/INC-%d/followups", 1+(i-1)/perIncident), map[string]string{
		"title": fmt.Sprintf("Alert before it is full (%d)", i), "actor": "Sample Responder",
	})
}

func (m *measuring) post(ctx context.Context, path string, body map[string]string) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+m.stack.Server.Address+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	answer, err := io.ReadAll(resp.Body)
	if err = errors.Join(err, resp.Body.Close()); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusCreated {
		return fmt.Errorf("%s was answered with %s: %.300s", path, resp.Status, answer)
	}
	return nil
}

// awaitTickets waits until each follow-up has its ticket: the tracker's client keeps to ten
// a second.
func (m *measuring) awaitTickets(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, fileLimit)
	defer cancel()
	ticker := time.NewTicker(look)
	defer ticker.Stop()
	for m.filed.Load() < m.added.Load() {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			m.notes = append(m.notes, fmt.Sprintf("Only %d of %d follow-ups had a ticket after %s.", m.filed.Load(), m.added.Load(), fileLimit))
			return nil
		}
	}
	return nil
}

// look waits until all is calm and looks at what is used.
func (m *measuring) look(ctx context.Context) error {
	calm := time.NewTimer(settleTime)
	defer calm.Stop()
	select {
	case <-calm.C:
	case <-ctx.Done():
		return ctx.Err()
	}
	seen := mark{incidents: int(m.declared.Load()), followups: int(m.added.Load())}
	for _, p := range []struct {
		process *rig.Process
		usage   *rig.Usage
	}{{m.stack.Server.Process, &seen.server}, {m.stack.Worker.Process, &seen.worker}, {m.stack.Temporal.Process, &seen.temporal}} {
		usage, err := rig.UsageOf(p.process.PID())
		if err != nil {
			return err
		}
		*p.usage = usage
	}
	var err error
	if seen.serverHeap, err = heap(ctx, m.stack.Server); err != nil {
		return err
	}
	if seen.workerHeap, err = heap(ctx, m.stack.Worker); err != nil {
		return err
	}
	if seen.database, err = rig.Size(ctx, m.stack.DatabaseURL); err != nil {
		return err
	}
	if seen.temporalOnDisk, err = rig.Size(ctx, m.stack.TemporalDatabaseURL); err != nil {
		return err
	}
	m.marks = append(m.marks, seen)
	return nil
}

// heap asks a process for how many bytes Go's heap has in use.
func heap(ctx context.Context, s rig.Service) (int64, error) {
	const name = "go_memstats_heap_inuse_bytes"
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.Address+"/metrics", http.NoBody)
	if err != nil {
		return 0, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(resp.Body)
	if err != nil {
		return 0, fmt.Errorf("read the metrics: %w", err)
	}
	family, ok := families[name]
	if !ok || len(family.GetMetric()) != 1 {
		return 0, fmt.Errorf("there is no %s at %s", name, s.Address)
	}
	return int64(family.GetMetric()[0].GetGauge().GetValue()), nil
}

// figures are what is told of a mark, in the order of figureNames.
func (m mark) figures() []int64 {
	return []int64{m.server.Resident, m.serverHeap, m.worker.Resident, m.workerHeap, m.temporal.Resident, m.database, m.temporalOnDisk}
}

var figureNames = []string{"server", "its heap", "worker", "its heap", "Temporal", "Muster's database", "Temporal's database"}

func (m *measuring) section() report.Section {
	table := report.Table{Names: 1, Columns: append([]string{"open incidents, follow-ups"}, figureNames...)}
	for _, seen := range m.marks {
		row := []string{sample.Count(float64(seen.incidents)) + ", " + sample.Count(float64(seen.followups))}
		for _, figure := range seen.figures() {
			row = append(row, sample.Bytes(float64(figure)))
		}
		table.Rows = append(table.Rows, row)
	}
	empty, full, tracked := m.marks[0], m.marks[len(m.marks)-2], m.marks[len(m.marks)-1]
	table.Rows = append(table.Rows, each("for each incident", empty, full, full.incidents), each("for each follow-up", full, tracked, tracked.followups))
	return report.Section{
		Title: "Memory: what stays open",
		About: []string{
			"Incidents are declared over the API and stay as they are. Their playbook is the built-in one without what Slack and PagerDuty are asked to do, so that their limits",
			"hold nobody up; tickets are filed at a stand-in, " + strconv.Itoa(perIncident) + " for an incident. Processes are told as the memory they hold (RSS), " +
				"which includes what Go has not given back yet; databases as they are on disk.",
		},
		Tables: []report.Table{table},
		Notes:  m.notes,
	}
}

// each is what one of so many has added from one mark to another.
func each(name string, from, to mark, count int) []string {
	row := []string{name}
	before := from.figures()
	for i, figure := range to.figures() {
		row = append(row, sample.Bytes(sample.Ratio(float64(figure-before[i]), float64(count))))
	}
	return row
}
