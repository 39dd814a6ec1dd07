package prometheus

import (
	"cmp"
	"context"
	"errors"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"muster/incident"
	"muster/integrations"

	"github.com/prometheus/client_golang/api"
	apiv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"
)

const (
	// maxName bounds the name of a series, in UTF-16 units.
	maxName = 120
	// shortestStep is the finest resolution that is asked for. Scrapes are rarely closer.
	shortestStep = time.Second
)

// Options say where Prometheus is.
type Options struct {
	// URL is what /api/v1/query is appended to.
	URL string
	// Token is sent as a bearer token. Empty sends none.
	Token integrations.Secret
	// HTTPClient carries the requests, with the guards of [integrations.NewHTTPClient]
	// added. Nil means a client of its own.
	HTTPClient *http.Client
	// Now is our clock. Nil means [time.Now].
	Now func() time.Time
}

// Client asks one Prometheus. Its methods may be called by many goroutines at once; every
// error is an [*integrations.Error].
type Client struct {
	api   apiv1.API
	calls *integrations.Caller
	now   func() time.Time
}

// New returns a client. It sends nothing yet. The error says that the URL is no web address.
func New(o Options) (*Client, error) {
	if _, ok := integrations.WebAddress(o.URL); !ok {
		return nil, errors.New("prometheus: the URL is not a web address")
	}
	client := *integrations.NewHTTPClient(o.HTTPClient)
	if o.Token != "" {
		client.Transport = &bearer{token: o.Token, next: client.Transport}
	}
	connection, err := api.NewClient(api.Config{Address: o.URL, Client: &client})
	if err != nil {
		return nil, errors.New("prometheus: the URL is not a web address")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Client{
		api: apiv1.NewAPI(connection), now: o.Now,
		calls: integrations.NewCaller(integrations.Prometheus, explain, o.Token),
	}, nil
}

// bearer sends a token with each request.
type bearer struct {
	token integrations.Secret
	next  http.RoundTripper
}

// RoundTrip implements [http.RoundTripper].
func (b *bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+b.token.Reveal())
	return b.next.RoundTrip(r)
}

// Query returns the values of now, the largest first, with what tells their series apart as
// names. None is no error. It may be repeated.
func (c *Client) Query(ctx context.Context, query string) ([]incident.Sample, error) {
	const operation = "query"
	value, err := integrations.Ask(ctx, c.calls, operation, func(ctx context.Context) (model.Value, error) {
		value, _, _, err := c.api.Query(ctx, query, c.now())
		return value, err
	})
	if err != nil {
		return nil, err
	}
	var samples []incident.Sample
	switch v := value.(type) {
	case *model.Scalar:
		samples = append(samples, incident.Sample{Value: float64(v.Value)})
	case model.Vector:
		metrics := make([]model.Metric, len(v))
		for i, s := range v {
			metrics[i] = s.Metric
		}
		for i, name := range names(metrics) {
			if v[i].Histogram == nil {
				samples = append(samples, incident.Sample{Name: name, Value: float64(v[i].Value)})
			}
		}
	default:
		return nil, c.calls.Refuse(operation, "the query gives %s where values of now are needed", kindOf(value))
	}
	samples = slices.DeleteFunc(samples, func(s incident.Sample) bool { return !finite(s.Value) })
	slices.SortStableFunc(samples, func(a, b incident.Sample) int { return cmp.Compare(b.Value, a.Value) })
	return samples, nil
}

// Range returns what the query gave over the last while, within the bounds of a measurement:
// [incident.MaxSeries] lines, those with the largest values where there are more, and
// [incident.MaxSeriesValues] values of each. It may be repeated.
func (c *Client) Range(ctx context.Context, query string, last time.Duration) (incident.Measurement, error) {
	const operation = "query_range"
	step := resolution(last)
	end := c.now().UTC().Truncate(time.Second)
	span := apiv1.Range{Start: end.Add(-last.Truncate(step)), End: end, Step: step}
	value, err := integrations.Ask(ctx, c.calls, operation, func(ctx context.Context) (model.Value, error) {
		value, _, _, err := c.api.QueryRange(ctx, query, span)
		return value, err
	})
	if err != nil {
		return incident.Measurement{}, err
	}
	matrix, ok := value.(model.Matrix)
	if !ok {
		return incident.Measurement{}, c.calls.Refuse(operation, "the query gives %s where values of some time are needed", kindOf(value))
	}
	metrics := make([]model.Metric, len(matrix))
	for i, stream := range matrix {
		metrics[i] = stream.Metric
	}
	m := incident.Measurement{Query: query, Start: span.Start, Step: step}
	count := int(span.End.Sub(span.Start)/step) + 1
	for i, name := range names(metrics) {
		if series := (incident.Series{Name: name, Values: values(matrix[i].Values, span, count)}); peak(series) > math.Inf(-1) {
			m.Series = append(m.Series, series)
		}
	}
	slices.SortStableFunc(m.Series, func(a, b incident.Series) int { return cmp.Compare(peak(b), peak(a)) })
	m.Series = m.Series[:min(len(m.Series), incident.MaxSeries)]
	return m, nil
}

// resolution is the step with which a while has at most as many values as are kept: a whole
// number of seconds.
func resolution(last time.Duration) time.Duration {
	step := last / (incident.MaxSeriesValues - 1)
	if rest := step % time.Second; rest > 0 || step*(incident.MaxSeriesValues-1) < last {
		step += time.Second - rest
	}
	return max(step, shortestStep)
}

// values puts pairs where they belong in a row that has one place for each step.
func values(pairs []model.SamplePair, span apiv1.Range, count int) []*float64 {
	row := make([]*float64, count)
	for _, pair := range pairs {
		value := float64(pair.Value)
		place := int(pair.Timestamp.Time().Sub(span.Start).Round(span.Step) / span.Step)
		if place >= 0 && place < count && finite(value) {
			row[place] = &value
		}
	}
	return row
}

// peak is the largest value of a series, -Inf if it has none.
func peak(s incident.Series) float64 {
	highest := math.Inf(-1)
	for _, v := range s.Values {
		if v != nil {
			highest = max(highest, *v)
		}
	}
	return highest
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// names tells series apart by the labels in which they differ: "route=/pay, zone=b". A
// single one needs no name.
func names(metrics []model.Metric) []string {
	named := make([]string, len(metrics))
	if len(metrics) < 2 {
		return named
	}
	common := metrics[0].Clone()
	for _, metric := range metrics[1:] {
		for label, value := range common {
			if metric[label] != value {
				delete(common, label)
			}
		}
	}
	for i, metric := range metrics {
		var labels []string
		for label, value := range metric {
			if _, same := common[label]; !same {
				labels = append(labels, string(label)+"="+string(value))
			}
		}
		slices.Sort(labels)
		named[i] = integrations.Shorten(integrations.Line(strings.Join(labels, ", ")), maxName, integrations.UTF16Length)
	}
	return named
}

func kindOf(value model.Value) string {
	if value == nil {
		return "nothing"
	}
	return "a " + value.Type().String()
}

// explain reads the type and the words out of an error of the API.
func explain(refusal integrations.Refusal) (code, message string) {
	var failure *apiv1.Error
	if !errors.As(refusal.Err, &failure) {
		return "", ""
	}
	switch failure.Type {
	case apiv1.ErrClient, apiv1.ErrServer, apiv1.ErrBadResponse:
		// The library's own words for an answer that is not the API's.
		if refusal.Status == http.StatusUnauthorized || refusal.Status == http.StatusForbidden {
			return "", "it does not let us in: check MUSTER_PROMETHEUS_TOKEN"
		}
		if refusal.Status == http.StatusNotFound {
			return "", "there is no API: check MUSTER_PROMETHEUS_URL, to which /api/v1/query is added"
		}
		return "", ""
	default:
		return string(failure.Type), failure.Msg
	}
}
