// Package queries measures how long the server takes for pages, lists, searches and
// documents with 100,000 incidents stored.
package queries

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"muster/incident"
	"muster/internal/bench/report"
	"muster/internal/bench/rig"
	"muster/internal/bench/sample"
)

const (
	// warmUps is how many requests of each kind come before any counts.
	warmUps = 20
	// limit is what a page, a list or a search may take at p99.
	limit = 50 * time.Millisecond
)

// Options say how much to measure.
type Options struct {
	// Incidents is how many are stored, Requests how often each question is asked.
	Incidents, Requests int
	// Say is told what is being done.
	Say func(string)
}

// question is a kind of request. The path may be another one each time.
type question struct {
	name string
	path func(*rand.Rand) string
	// aim says that it is one of those that the limit is for.
	aim bool
}

func always(path string) func(*rand.Rand) string { return func(*rand.Rand) string { return path } }

const api = "/api/v1/incidents"

// questions are what people and programs ask.
func (o Options) questions() []question {
	list := func(name, query string) question { return question{"list: " + name, always(api + "?" + query), true} }
	search := func(name, words string) question {
		return question{"search: " + name, always(api + "?q=" + url.QueryEscape(words)), true}
	}
	// One that is over, and not large.
	usual := func(random *rand.Rand) string {
		for {
			if number := 1 + random.IntN(o.Incidents); number%openEvery != 0 && number%largeEvery != 1 {
				return string(incident.NewID(int64(number)))
			}
		}
	}
	large := func(random *rand.Rand) string {
		return string(incident.NewID(int64(random.IntN(o.Incidents/largeEvery)*largeEvery + 1)))
	}
	of := func(which func(*rand.Rand) string, before, after string) func(*rand.Rand) string {
		return func(random *rand.Rand) string { return before + which(random) + after }
	}
	return []question{
		list("the newest 50", ""),
		list("the newest 200", "limit=200"),
		list("open", "status=open"),
		list("closed", "status=closed"),
		list("one service, one severity", "service=checkout&severity=SEV1"),
		list("open, one service", "status=open&service=payments"),
		list("of the last weeks", "since=2025-10-01T00:00:00Z"),
		{"list: from the middle", o.fromTheMiddle, true},
		search("a common word", commonWord),
		search("two words", "checkout "+commonWord),
		search("a rare word", rareWord),
		search("two letters", "ch"),
		search("an id", "INC-77777"),
		search("nothing found", "nonesuch"),
		search("nothing found, two letters", "qz"),
		{"page: the list", always("/incidents"), true},
		{"page: a search", always("/incidents?q=" + commonWord), true},
		{"page: an incident", of(usual, "/incidents/", ""), true},
		{"page: a large incident", of(large, "/incidents/", ""), true},
		{"page: a postmortem", of(usual, "/incidents/", "/postmortem"), true},
		{"document: an incident", of(usual, api+"/", ""), true},
		{"document: a timeline", of(usual, api+"/", "/timeline"), true},
		{"document: a large timeline", of(large, api+"/", "/timeline"), true},
	}
}

// fromTheMiddle asks for what was declared since some moment, so that the answer is found
// by time.
func (o Options) fromTheMiddle(random *rand.Rand) string {
	day := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(random.IntN(o.Incidents)) * 10 * time.Minute)
	return api + "?status=closed&since=" + day.Format(time.RFC3339)
}

// Measure fills a database and asks each question.
func Measure(ctx context.Context, r *rig.Rig, o Options) (report.Section, error) {
	postgres, err := r.Quick(ctx)
	if err != nil {
		return report.Section{}, err
	}
	databaseURL, err := postgres.Database(ctx)
	if err != nil {
		return report.Section{}, err
	}
	began := time.Now()
	if err := fill(ctx, databaseURL, o.Incidents, o.Say); err != nil {
		return report.Section{}, err
	}
	filled := time.Since(began)
	size, err := rig.Size(ctx, databaseURL)
	if err != nil {
		return report.Section{}, err
	}
	server, err := r.Server(ctx, rig.Muster{DatabaseURL: databaseURL, TemporalAddress: nobody})
	if err != nil {
		return report.Section{}, err
	}
	asking := &asking{base: "http://" + server.Address, random: rand.New(rand.NewPCG(1, 0))} //nolint:gosec // to be the same each time
	o.Say("queries: asking")
	nothing, err := asking.ask(ctx, question{path: always("/healthz")}, o.Requests)
	if err != nil {
		return report.Section{}, err
	}
	table := report.Table{Columns: []string{"request", "p50", "p90", "p99", "most", "answer"}}
	section := report.Section{
		Title: fmt.Sprintf("Queries: server time with %s incidents stored", sample.Count(float64(o.Incidents))),
		About: []string{
			fmt.Sprintf("Each is asked %d times over one connection on the loopback, one after another; the %s of a request for nothing are taken off.", o.Requests, sample.Milliseconds(nothing.P50)),
			fmt.Sprintf("The incidents have some thirty events each, and one of %d has %d more; the database has %s and was filled in %s.",
				largeEvery, largeNotes, sample.Bytes(float64(size)), filled.Round(time.Second)),
		},
	}
	worst, worstName := time.Duration(0), ""
	for _, q := range o.questions() {
		asked, err := asking.ask(ctx, q, o.Requests)
		if err != nil {
			return report.Section{}, fmt.Errorf("%s: %w", q.name, err)
		}
		d := asked.Less(nothing.P50)
		table.Rows = append(table.Rows, []string{
			q.name, sample.Milliseconds(d.P50), sample.Milliseconds(d.P90), sample.Milliseconds(d.P99), sample.Milliseconds(d.Max), sample.Bytes(float64(asked.bytes)),
		})
		if q.aim && d.P99 > worst {
			worst, worstName = d.P99, q.name
		}
		if q.aim && d.P99 > limit {
			section.Aims = append(section.Aims, aim(q.name, d.P99))
		}
	}
	if len(section.Aims) == 0 {
		section.Aims = append(section.Aims, aim("the slowest of all, "+worstName, worst))
	}
	section.Tables = []report.Table{table}
	return section, nil
}

func aim(what string, p99 time.Duration) report.Aim {
	return report.Aim{What: what + ", p99", Wanted: "< " + strconv.Itoa(int(limit.Milliseconds())) + " ms", Measured: sample.Milliseconds(p99), Reached: p99 < limit}
}

// nobody is an address where nobody listens: no question needs Temporal.
const nobody = "127.0.0.1:1"

type asking struct {
	base   string
	random *rand.Rand
}

// answers are how long answers took, and how large the last one was.
type answers struct {
	sample.Distribution
	bytes int64
}

func (a *asking) ask(ctx context.Context, q question, times int) (answers, error) {
	var took []time.Duration
	var size int64
	for i := range warmUps + times {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, a.base+q.path(a.random), http.NoBody)
		if err != nil {
			return answers{}, err
		}
		asked := time.Now()
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return answers{}, err
		}
		size, err = io.Copy(io.Discard, resp.Body)
		if err = errors.Join(err, resp.Body.Close()); err != nil {
			return answers{}, err
		}
		if i >= warmUps {
			took = append(took, time.Since(asked))
		}
		if resp.StatusCode != http.StatusOK {
			return answers{}, fmt.Errorf("%s was answered with %s", req.URL.Path, resp.Status)
		}
	}
	return answers{sample.Summarize(took), size}, nil
}
