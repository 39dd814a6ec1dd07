package sandbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"muster/incident"
)

const (
	// maxQueries bounds how many queries are remembered; what a person has set is kept.
	maxQueries = 50
	// maxQueryBytes bounds one of them.
	maxQueryBytes = 4 << 10
	// maxPoints is how many values Prometheus gives of a series at most:
	// https://prometheus.io/docs/prometheus/latest/querying/api/#range-queries.
	maxPoints = 11_000
)

// PrometheusURL is the address of the stand-in for Prometheus, to which its clients add
// /api/v1/query. It answers every query, none of which it understands, with one series: a
// sample, which is always the same at the same time, or what a person has set.
func (s *Sandbox) PrometheusURL() string { return s.address("/prometheus") }

// prometheusAPI serves the part of the HTTP API that asks for values.
func (s *Sandbox) prometheusAPI() http.Handler {
	mux := http.NewServeMux()
	for path, answer := range map[string]func(url.Values, metricQuery) (object, error){
		"/api/v1/query": s.instantResult, "/api/v1/query_range": rangeResult,
	} {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) { s.answerQuery(w, r, answer) })
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		writePrometheusError(w, http.StatusNotFound, "not_found", "the sandbox knows nothing of "+r.URL.Path)
	})
	return mux
}

func writePrometheusError(w http.ResponseWriter, status int, kind, message string) {
	writeJSON(w, status, object{"status": "error", "errorType": kind, "error": message})
}

// answerQuery reads a query, remembers that it was asked, and gives the answer's result.
func (s *Sandbox) answerQuery(w http.ResponseWriter, r *http.Request, answer func(url.Values, metricQuery) (object, error)) {
	if err := r.ParseForm(); err != nil || r.Method != http.MethodGet && r.Method != http.MethodPost {
		writePrometheusError(w, http.StatusBadRequest, "bad_data", "the form cannot be read")
		return
	}
	text := strings.TrimSpace(r.Form.Get("query"))
	if text == "" || len(text) > maxQueryBytes {
		writePrometheusError(w, http.StatusBadRequest, "bad_data", `invalid parameter "query": unknown position: parse error: no expression found in input`)
		return
	}
	query, known := constant(text)
	var err error
	if !known {
		err = s.db.transact(r.Context(), func(tx *sql.Tx) (err error) {
			query, err = s.noteQuery(r.Context(), tx, text)
			return err
		})
	}
	if err != nil {
		s.log.ErrorContext(r.Context(), "sandbox: a query was not remembered", "error", err)
		writePrometheusError(w, http.StatusInternalServerError, "internal", "the query cannot be remembered; the log says why")
		return
	}
	data, err := answer(r.Form, query)
	if err != nil {
		writePrometheusError(w, http.StatusBadRequest, "bad_data", err.Error())
		return
	}
	writeJSON(w, http.StatusOK, object{"status": "success", "data": data})
}

// metricQuery is a query and what it gives.
type metricQuery struct {
	text    string
	value   sql.NullFloat64
	setAt   time.Time
	askedAt int64
}

// constantQuery is the one kind of query that the stand-in understands: vector(1), by which
// clients find out whether somebody answers. None of them is remembered.
var constantQuery = regexp.MustCompile(`^vector\(\s*(-?[0-9]{1,15}(?:\.[0-9]{1,15})?)\s*\)$`)

func constant(text string) (metricQuery, bool) {
	found := constantQuery.FindStringSubmatch(text)
	if found == nil {
		return metricQuery{}, false
	}
	value, err := strconv.ParseFloat(found[1], 64)
	return metricQuery{text: text, value: sql.NullFloat64{Float64: value, Valid: true}}, err == nil
}

const selectQueries = `SELECT query, value, set_at, asked_at FROM prometheus_queries`

func scanQuery(row scanner) (q metricQuery, err error) {
	var setAt int64
	err = row.Scan(&q.text, &q.value, &setAt, &q.askedAt)
	q.setAt = timeOf(setAt)
	return q, err
}

func (s *Sandbox) noteQuery(ctx context.Context, tx *sql.Tx, text string) (metricQuery, error) {
	_, err := tx.ExecContext(ctx, `INSERT INTO prometheus_queries (query, set_at, asked_at) VALUES (?, 0, ?)
		ON CONFLICT (query) DO UPDATE SET asked_at = excluded.asked_at`, text, microseconds(s.now()))
	if err != nil {
		return metricQuery{}, err
	}
	_, err = tx.ExecContext(ctx, `DELETE FROM prometheus_queries WHERE value IS NULL AND query NOT IN (
		SELECT query FROM prometheus_queries ORDER BY asked_at DESC LIMIT ?)`, maxQueries)
	if err != nil {
		return metricQuery{}, err
	}
	return scanQuery(tx.QueryRowContext(ctx, selectQueries+` WHERE query = ?`, text))
}

// at is what the query gives at a time: what a person has set from then on, and before it a
// sample, which goes up and down around a level of its own.
func (q metricQuery) at(moment time.Time) float64 {
	if q.value.Valid && !moment.Before(q.setAt) {
		return q.value.Float64
	}
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(q.text)) // documented never to fail
	seed := hash.Sum64()
	level := float64(10 + seed%90)
	period := time.Duration(10+seed/90%20) * time.Minute
	turn := float64(moment.UnixMilli()%period.Milliseconds()) / float64(period.Milliseconds())
	return math.Round(level*(10+3*math.Sin(2*math.Pi*turn))) / 10
}

// metric says on each series what it is.
func (q metricQuery) metric() object {
	switch {
	case q.value.Valid && q.setAt.IsZero():
		return object{}
	case q.value.Valid:
		return object{"sandbox": "set by hand"}
	default:
		return object{"sandbox": "sample"}
	}
}

func point(moment time.Time, value float64) [2]any {
	return [2]any{float64(moment.UnixMilli()) / 1000, strconv.FormatFloat(value, 'f', -1, 64)}
}

func (s *Sandbox) instantResult(form url.Values, query metricQuery) (object, error) {
	moment := s.now()
	if form.Get("time") != "" {
		var err error
		if moment, err = prometheusTime(form, "time"); err != nil {
			return nil, err
		}
	}
	return object{"resultType": "vector", "result": []object{{"metric": query.metric(), "value": point(moment, query.at(moment))}}}, nil
}

func rangeResult(form url.Values, query metricQuery) (object, error) {
	start, err := prometheusTime(form, "start")
	if err != nil {
		return nil, err
	}
	end, err := prometheusTime(form, "end")
	if err != nil {
		return nil, err
	}
	step, err := prometheusStep(form.Get("step"))
	switch {
	case err != nil:
		return nil, err
	case end.Before(start):
		return nil, errors.New(`invalid parameter "end": end timestamp must not be before start time`)
	case end.Sub(start)/step > maxPoints:
		return nil, fmt.Errorf("exceeded maximum resolution of %d points per timeseries", maxPoints)
	}
	var values [][2]any
	for moment := start; !moment.After(end); moment = moment.Add(step) {
		values = append(values, point(moment, query.at(moment)))
	}
	return object{"resultType": "matrix", "result": []object{{"metric": query.metric(), "values": values}}}, nil
}

// prometheusTime reads seconds since 1970, or RFC 3339.
func prometheusTime(form url.Values, name string) (time.Time, error) {
	text := form.Get(name)
	if seconds, err := strconv.ParseFloat(text, 64); err == nil && math.Abs(seconds) < 1e11 {
		return time.UnixMilli(int64(seconds * 1000)).UTC(), nil
	}
	moment, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("invalid parameter %q: cannot parse %q to a valid timestamp", name, text)
	}
	return moment.UTC(), nil
}

// prometheusStep reads seconds or a duration.
func prometheusStep(text string) (time.Duration, error) {
	step, err := time.ParseDuration(text)
	if seconds, failed := strconv.ParseFloat(text, 64); failed == nil && math.Abs(seconds) < 1e9 {
		step, err = time.Duration(seconds*float64(time.Second)), nil
	}
	if err != nil || step < time.Millisecond {
		return 0, fmt.Errorf(`invalid parameter "step": %q is not a positive duration`, text)
	}
	return step, nil
}

// metricValue is the body of POST /sandbox/prometheus/value.
type metricValue struct {
	Query string   `json:"query"`
	Value *float64 `json:"value"` // null: the sample again
}

// setMetric serves POST /sandbox/prometheus/value: from now on the query gives that value. It
// may be repeated. A program gets what queries give now; a browser's form goes back to the page.
func (s *Sandbox) setMetric(w http.ResponseWriter, r *http.Request) {
	var in metricValue
	wrong := ""
	form, ok := readControl(w, r, &in, func(values url.Values) {
		in.Query = values.Get("query")
		if text := strings.TrimSpace(values.Get("value")); text != "" && values.Get("again") == "" {
			value, err := strconv.ParseFloat(text, 64)
			if err != nil || math.IsNaN(value) || math.IsInf(value, 0) {
				wrong = text
			}
			in.Value = &value
		}
	})
	if !ok {
		return
	}
	var errs []problemError
	if in.Query = strings.TrimSpace(in.Query); in.Query == "" || len(in.Query) > maxQueryBytes {
		errs = append(errs, problemError{Location: "body.query", Message: "is empty or too long: send the query as the playbook has it"})
	}
	if wrong != "" {
		errs = append(errs, problemError{Location: "body.value", Message: fmt.Sprintf("is %q: send a number, or nothing for the sample", wrong)})
	}
	if len(errs) > 0 {
		writeProblem(w, http.StatusBadRequest, "The value is not understood and nothing has changed.", errs...)
		return
	}
	ctx := context.WithoutCancel(r.Context())
	var queries []queryState
	err := s.db.transact(ctx, func(tx *sql.Tx) error {
		setAt := int64(0)
		if in.Value != nil {
			setAt = microseconds(s.now())
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO prometheus_queries (query, value, set_at, asked_at) VALUES (?, ?, ?, 0)
			ON CONFLICT (query) DO UPDATE SET value = excluded.value, set_at = excluded.set_at`, in.Query, in.Value, setAt)
		if err != nil {
			return err
		}
		queries, err = s.queryStates(ctx, tx)
		return err
	})
	switch {
	case err != nil:
		s.log.ErrorContext(ctx, "sandbox: a value was not set", "error", err)
		writeProblem(w, http.StatusInternalServerError, "The value could not be set; the log says why.")
	case form:
		http.Redirect(w, r, "/sandbox#prometheus-title", http.StatusSeeOther)
	default:
		writeJSON(w, http.StatusOK, object{"queries": queries})
	}
}

// lately is how far back the page's lines go.
const lately = 30 * time.Minute

// queryStates are the queries that were asked or set, the latest first.
func (s *Sandbox) queryStates(ctx context.Context, tx *sql.Tx) ([]queryState, error) {
	queries, err := collect(ctx, tx, scanQuery, selectQueries+` ORDER BY MAX(set_at, asked_at) DESC, query`)
	states := make([]queryState, len(queries))
	now := s.now()
	for i, q := range queries {
		states[i] = queryState{Query: q.text, now: q.at(now)}
		if q.value.Valid {
			states[i].Value = &q.value.Float64
		}
		if q.askedAt > 0 {
			asked := timeOf(q.askedAt)
			states[i].AskedAt = &asked
		}
		var line incident.Series
		for moment := now.Add(-lately); !moment.After(now); moment = moment.Add(time.Minute) {
			value := q.at(moment)
			line.Values = append(line.Values, &value)
		}
		states[i].line = line.Sparkline(len(line.Values))
	}
	return states, err
}
