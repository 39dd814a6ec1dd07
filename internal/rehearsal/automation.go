package rehearsal

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"muster/incident"
)

// web is the world as far as HTTP requests reach it.
type web struct{ *world }

// Send implements [activities.Requester]. What no answer was given for is answered by 200 and
// an empty body.
func (w web) Send(_ context.Context, r incident.Request) (incident.Answer, error) {
	answer := Answer{Status: http.StatusOK}
	for _, a := range w.answers {
		if (a.Method == "" || a.Method == r.Method) && a.URL.Matches(r.URL) {
			answer = a
			break
		}
	}
	err := w.ask(HTTP, func() {
		if w.first(r.Key) {
			w.note(Entry{Kind: RequestMade, Text: strings.TrimSpace(r.Method + " " + r.URL + "\n" + r.Body), To: r.URL})
		}
	})
	if err != nil {
		return incident.Answer{}, err
	}
	expected := r.Expected
	if expected == nil {
		expected = func(status int) bool { return status >= 200 && status <= 299 }
	}
	if !expected(answer.Status) {
		later := answer.Status >= 500 || answer.Status == http.StatusTooManyRequests || answer.Status == http.StatusRequestTimeout
		return incident.Answer{}, &failure{message: fmt.Sprintf("%s answered %d %s", r.URL, answer.Status, http.StatusText(answer.Status)), permanent: !later}
	}
	return incident.Answer{Status: answer.Status, Body: answer.Body, Whole: true}, nil
}

// first says whether nothing was done under this key before.
func (w *world) first(key string) bool {
	known := w.sent[key]
	w.sent[key] = true
	return !known
}

// Query implements [activities.Metrics]. A query that no metric was given for has no value.
func (w *world) Query(_ context.Context, query string) ([]incident.Sample, error) {
	var samples []incident.Sample
	err := w.ask(Prometheus, func() {
		i := slices.IndexFunc(w.metrics, func(m Metric) bool { return m.Query.Matches(query) })
		if i < 0 {
			return
		}
		for _, name := range slices.Sorted(maps.Keys(w.metrics[i].Values)) {
			samples = append(samples, incident.Sample{Name: name, Value: w.metrics[i].Values[name]})
		}
		slices.SortStableFunc(samples, func(a, b incident.Sample) int { return cmp.Compare(b.Value, a.Value) })
	})
	return samples, err
}

// rangeValues is of how many values the line of a metric consists.
const rangeValues = 31

// Range implements [activities.Metrics]: metrics have been what they are all the time.
func (w *world) Range(ctx context.Context, query string, last time.Duration) (incident.Measurement, error) {
	samples, err := w.Query(ctx, query)
	step := last / (rangeValues - 1)
	m := incident.Measurement{Query: query, Start: w.now().UTC().Add(-last), Step: step}
	for _, s := range samples[:min(len(samples), incident.MaxSeries)] {
		series := incident.Series{Name: s.Name}
		for range rangeValues {
			series.Values = append(series.Values, &s.Value)
		}
		m.Series = append(m.Series, series)
	}
	return m, err
}

// Start implements [activities.Automation].
func (w *world) Start(_ context.Context, l incident.Launch) (incident.Run, error) {
	id := cmp.Or(l.ID, l.Key)
	err := w.ask(Temporal, func() {
		if _, running := w.launched[id]; !running {
			w.launched[id] = w.now()
			w.note(Entry{Kind: WorkflowAsked, Text: strings.TrimSpace("start " + l.Workflow + " " + l.Input), To: l.Workflow})
		}
	})
	if err != nil {
		return incident.Run{}, err
	}
	run := incident.Run{WorkflowID: id, RunID: id + "-run", Done: true, Result: []byte("null")}
	i := slices.IndexFunc(w.script.Workflows, func(f Workflow) bool { return f.Type == l.Workflow })
	if i < 0 {
		return run, nil
	}
	played := w.script.Workflows[i]
	run.Done = w.now().Sub(w.launched[id]) >= played.Takes
	if run.Done && played.Fails != "" {
		return incident.Run{}, &failure{message: fmt.Sprintf("the workflow %s failed: %s", id, played.Fails), permanent: true}
	}
	if played.Result != "" {
		run.Result = []byte(played.Result)
	}
	return run, nil
}

// Signal implements [activities.Automation].
func (w *world) Signal(_ context.Context, s incident.Signal) error {
	return w.ask(Temporal, func() {
		if w.first(s.Key) {
			w.note(Entry{Kind: WorkflowAsked, Text: strings.TrimSpace("signal " + s.Name + " " + s.Input), To: s.WorkflowID})
		}
	})
}

// Secret implements [activities.Secrets]: there is every secret, and its value says which.
func (w *world) Secret(name string) (string, bool) { return "secret:" + name, true }
