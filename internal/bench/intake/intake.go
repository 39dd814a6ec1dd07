// Package intake measures how many alerts a second are accepted over HTTP: by Muster, which
// has them on disk before it answers; by the API of a real Alertmanager, which keeps them in
// memory; and by the least that could put them on disk.
package intake

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"time"

	"muster/internal/bench/load"
	"muster/internal/bench/report"
	"muster/internal/bench/rig"
	"muster/internal/bench/sample"
)

const (
	// Alertmanager is Debian's name for the program, of the package of the same name; as
	// others install it, it is called alertmanagerElsewhere.
	alertmanagerDebian    = "prometheus-alertmanager"
	alertmanagerElsewhere = "alertmanager"
	// groups is among how many groups of alerts the senders are divided.
	groups = 16
	warmUp = time.Second
	// togetherSenders is with how many senders the whole of Muster is measured.
	togetherSenders = 32
)

var (
	sizes   = []int{1, 50}
	senders = []int{8, 32, 128}
)

// The systems that are compared.
const (
	muster       = "Muster"
	bare         = "bare handler"
	alertmanager = "Alertmanager"
	together     = "Muster with dispatch"
)

// Aims: what intake is to reach of Alertmanager's API and of the bare handler.
const (
	ofAlertmanager = 1.0
	ofBare         = 0.8
)

// figure is one measurement.
type figure struct {
	system        string
	size, senders int
	load.Result
	// Cores are how many processors were busy with the service, and with Postgres for it.
	cores, postgres float64
}

// perAlert is the time that service and Postgres computed for an alert. Unlike the rate it
// hardly depends on what else the machine does.
func (f figure) perAlert() time.Duration {
	return time.Duration(sample.Ratio(f.cores+f.postgres, f.AlertsPerSecond()) * float64(time.Second))
}

type measuring struct {
	rig     *rig.Rig
	each    time.Duration
	say     func(string)
	seed    uint64
	figures []figure
	notes   []string
}

// Measure measures each combination for so long.
func Measure(ctx context.Context, r *rig.Rig, each time.Duration, say func(string)) (report.Section, error) {
	m := &measuring{rig: r, each: each, say: say}
	for _, measure := range []func(context.Context) error{m.bare, m.muster, m.together, m.alertmanager} {
		err := measure(ctx)
		if err = errors.Join(err, r.Clear()); err != nil {
			return report.Section{}, err
		}
	}
	return m.section(), nil
}

func (m *measuring) bare(ctx context.Context) error {
	url, err := m.database(ctx)
	if err != nil {
		return err
	}
	service, err := m.rig.Part(ctx, rig.PartBare, "-postgres", url)
	if err != nil {
		return err
	}
	return m.all(ctx, bare, load.Webhook, "/", service)
}

// muster is the server alone: while it has no Temporal it takes alerts in all the same, and
// nothing else competes for the processors.
func (m *measuring) muster(ctx context.Context) error {
	url, err := m.database(ctx)
	if err != nil {
		return err
	}
	service, err := m.rig.Server(ctx, rig.Muster{DatabaseURL: url, TemporalAddress: nobody})
	if err != nil {
		return err
	}
	return m.all(ctx, muster, load.Webhook, webhook, service)
}

// nobody is an address where nobody listens.
const nobody = "127.0.0.1:1"

const webhook = "/webhooks/alertmanager"

// database is one with Muster's schema.
func (m *measuring) database(ctx context.Context) (url string, err error) {
	postgres, err := m.rig.Postgres(ctx)
	if err != nil {
		return "", err
	}
	if url, err = postgres.Database(ctx); err != nil {
		return "", err
	}
	return url, m.rig.Migrate(ctx, rig.Muster{DatabaseURL: url})
}

// together is the whole of Muster, with Temporal and a worker on the same processors, who
// record each alert in its incident meanwhile.
func (m *measuring) together(ctx context.Context) error {
	stack, err := m.rig.Stack(ctx, rig.Muster{})
	if err != nil {
		return err
	}
	for _, size := range sizes {
		if err := m.one(ctx, together, load.Webhook, webhook, stack.Server, size, togetherSenders); err != nil {
			return err
		}
	}
	return nil
}

func (m *measuring) alertmanager(ctx context.Context) error {
	program, ok := find(alertmanagerDebian, alertmanagerElsewhere)
	if !ok {
		m.notes = append(m.notes, "There is no Alertmanager on this machine to compare with; Debian's package is "+alertmanagerDebian+".")
		return nil
	}
	service, err := m.rig.Alertmanager(ctx, program)
	if err != nil {
		return err
	}
	return m.all(ctx, alertmanager, load.PostAlerts, "/api/v2/alerts", service)
}

// find is the first of some programs that is in the PATH.
func find(names ...string) (program string, ok bool) {
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, true
		}
	}
	return "", false
}

func (m *measuring) all(ctx context.Context, system string, kind load.Kind, path string, service rig.Service) error {
	for _, size := range sizes {
		for _, n := range senders {
			if err := m.one(ctx, system, kind, path, service, size, n); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *measuring) one(ctx context.Context, system string, kind load.Kind, path string, service rig.Service, size, senders int) error {
	m.say(fmt.Sprintf("intake: %s, %d a request, %d senders", system, size, senders))
	m.seed++
	plan := load.Plan{
		Kind: kind, Address: service.Address, Path: path, Alerts: size, Senders: senders, Groups: groups,
		Service: "platform", Run: strconv.FormatUint(m.seed, 10), Seed: m.seed, StartsAt: time.Now(), WarmUp: warmUp, Duration: m.each,
	}
	postgres, err := m.rig.Postgres(ctx)
	if err != nil {
		return err
	}
	watch, err := m.rig.Watch(fmt.Sprintf("intake %s %d %d", system, size, senders), service.PID(), postgres.PID())
	if err != nil {
		return err
	}
	result, err := m.rig.Load(ctx, plan)
	if err != nil {
		return fmt.Errorf("%s: %w", system, err)
	}
	cores, err := watch.Cores(ctx)
	if err != nil {
		return err
	}
	if result.Refused > 0 {
		m.notes = append(m.notes, fmt.Sprintf("%s refused %d requests with %d senders: %s", system, result.Refused, senders, result.Refusal))
	}
	m.figures = append(m.figures, figure{system, size, senders, result, cores[0], cores[1]})
	return ctx.Err()
}

// best is the best of a system's figures.
func (m *measuring) best(system string, size int) (figure, bool) {
	var some []figure
	for _, f := range m.figures {
		if f.system == system && f.size == size {
			some = append(some, f)
		}
	}
	return sample.Best(some, figure.AlertsPerSecond)
}

func (m *measuring) section() report.Section {
	s := report.Section{
		Title: "Intake: alerts accepted a second",
		About: []string{
			"Alertmanager's webhook to muster server and to a bare handler, both with every alert on disk in Postgres before they answer;",
			"and its own API to a real Alertmanager, which keeps alerts in memory. The generator is a process of its own, on the same processors.",
		},
		Notes: m.notes,
	}
	for _, size := range sizes {
		table := report.Table{
			Title: fmt.Sprintf("%d %s a request", size, plural(size)), Names: 1,
			Columns: []string{"system", "senders", "alerts/s", "p50", "p99", "CPU: system", "Postgres", "generator", "CPU per alert"},
		}
		for _, f := range m.figures {
			if f.size != size {
				continue
			}
			table.Rows = append(table.Rows, []string{
				f.system, strconv.Itoa(f.senders), sample.Count(f.AlertsPerSecond()),
				sample.Milliseconds(f.Answers.P50), sample.Milliseconds(f.Answers.P99),
				inCores(f.cores), inCores(f.postgres), inCores(sample.Ratio(f.CPU.Seconds(), f.Elapsed.Seconds())),
				sample.Microseconds(f.perAlert()),
			})
		}
		s.Tables = append(s.Tables, table)
		s.Aims = append(s.Aims, m.aims(size)...)
	}
	s.Notes = append(s.Notes,
		"Compared is the best of each system. CPU is in processors kept busy; for an alert, it is the time that the system and Postgres computed.",
		muster+" is the server alone, as the others are; "+together+" shares the processors with Temporal and a worker, who record each alert in its incident meanwhile.")
	return s
}

func (m *measuring) aims(size int) (aims []report.Aim) {
	ours, ok := m.best(muster, size)
	if !ok {
		return nil
	}
	for _, other := range []struct {
		system string
		wanted float64
	}{{alertmanager, ofAlertmanager}, {bare, ofBare}} {
		theirs, ok := m.best(other.system, size)
		if !ok {
			continue
		}
		ratio := sample.Ratio(ours.AlertsPerSecond(), theirs.AlertsPerSecond())
		aims = append(aims, report.Aim{
			What:   fmt.Sprintf("%s to %s, %d %s a request", muster, other.system, size, plural(size)),
			Wanted: "≥ " + sample.Times(other.wanted), Measured: sample.Times(ratio), Reached: ratio >= other.wanted,
		})
	}
	return aims
}

func plural(alerts int) string {
	if alerts == 1 {
		return "alert"
	}
	return "alerts"
}

func inCores(n float64) string {
	if n == 0 {
		return "–"
	}
	return strconv.FormatFloat(n, 'f', 2, 64)
}
