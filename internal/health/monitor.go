package health

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// watchInterval is how often [Monitor.Watch] looks: often enough for a dashboard, and
// seldom enough that nobody notices the questions.
const watchInterval = 15 * time.Second

// Options are what a [Monitor] is made of.
type Options struct {
	// Probes are asked in no order, and reported in this one.
	Probes []Probe
	// Registry collects muster_part_healthy. Nil collects nothing.
	Registry prometheus.Registerer
	// Logger hears when a part becomes unhealthy, and when it is healthy again. Nil is the
	// default.
	Logger *slog.Logger
}

// Monitor asks the parts of Muster how they do. It may be used by many goroutines.
type Monitor struct {
	probes  []*probe
	logger  *slog.Logger
	healthy *prometheus.GaugeVec

	mu sync.Mutex
	// said is what the log was told last of each part: whether it is healthy. A part of
	// which nothing is known yet is not there.
	said map[string]bool
	// last is the last whole report.
	last Report
}

// NewMonitor returns a monitor. It fails when the registry has its metrics already.
func NewMonitor(o Options) (*Monitor, error) {
	m := &Monitor{
		logger: cmp.Or(o.Logger, slog.Default()), said: map[string]bool{},
		healthy: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Namespace: "muster", Name: "part_healthy",
			Help: "Whether a part of Muster works, when it was last asked: 1 if it does, 0 if not.",
		}, []string{"part"}),
	}
	for _, p := range o.Probes {
		p.Limit = cmp.Or(p.Limit, DefaultLimit)
		m.probes = append(m.probes, &probe{Probe: p})
	}
	if o.Registry == nil {
		return m, nil
	}
	if err := o.Registry.Register(m.healthy); err != nil {
		return nil, fmt.Errorf("register the metrics of health: %w", err)
	}
	return m, nil
}

// Report is how all parts do, in the order of the probes.
type Report []Part

// Unhealthy lists the names of the parts that do not work.
func (r Report) Unhealthy() []string {
	var names []string
	for _, part := range r {
		if !part.Healthy() {
			names = append(names, part.Name)
		}
	}
	return names
}

// Healthy says whether all parts work.
func (r Report) Healthy() bool { return len(r.Unhealthy()) == 0 }

// Check asks all parts at once. It takes no longer than the longest limit among the probes
// and half a second. When ctx ends first, the parts that have not answered count as
// unhealthy in the report, which is then neither logged nor shown by the metrics. Nor is a
// part logged that has never been healthy: whoever asks that early asks whether Muster has
// started yet.
func (m *Monitor) Check(ctx context.Context) Report { return m.check(ctx, false) }

func (m *Monitor) check(ctx context.Context, started bool) Report {
	report := make(Report, len(m.probes))
	var asking sync.WaitGroup
	for i, p := range m.probes {
		asking.Go(func() {
			err := p.ask(ctx)
			report[i] = Part{Name: p.Part, Reason: reasonOf(err, p.Limit), Err: err}
		})
	}
	asking.Wait()
	if ctx.Err() == nil {
		m.note(ctx, report, started)
	}
	return report
}

// note keeps the metrics, and logs what has changed since the last time.
func (m *Monitor) note(ctx context.Context, report Report, started bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.last = report
	for _, part := range report {
		value := 0.0
		if part.Healthy() {
			value = 1
		}
		m.healthy.WithLabelValues(part.Name).Set(value)
		before, known := m.said[part.Name]
		switch {
		case known && before == part.Healthy(), !known && !part.Healthy() && !started:
			continue
		case !part.Healthy():
			m.logger.WarnContext(ctx, "a part of Muster is not healthy", "part", part.Name, "reason", part.Reason, "error", part.Err)
		case known:
			m.logger.InfoContext(ctx, "a part of Muster is healthy again", "part", part.Name)
		}
		m.said[part.Name] = part.Healthy()
	}
}

// Ailing returns the parts that did not work when they were last asked, without asking them:
// [Monitor.Watch] does so every 15 seconds. A part that has never worked is among them once
// Watch has looked.
func (m *Monitor) Ailing() []Part {
	m.mu.Lock()
	defer m.mu.Unlock()
	var ailing []Part
	for _, part := range m.last {
		if !part.Healthy() {
			ailing = append(ailing, part)
		}
	}
	return ailing
}

// Watch looks at all parts every 15 seconds until ctx ends, so that the log and the
// metrics tell of a part although nobody asks. It lets the first 15 seconds pass, in which
// parts that have just been started find their feet.
func (m *Monitor) Watch(ctx context.Context) {
	ticker := time.NewTicker(watchInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			m.check(ctx, true)
		}
	}
}
