package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"muster/api/webhook"
	"muster/config"
	"muster/incident"
	"muster/playbooks"
	"muster/store"
)

var updateDrills = flag.Bool("update", false, "write the golden files of the drills anew")

func TestDrillPrintsTheResponseUntilItIsAPersonsTurn(t *testing.T) {
	t.Parallel()
	tests := map[string]func(*drillHouse){
		"by the live stream": func(*drillHouse) {},
		"by asking again and again where there is no stream": func(h *drillHouse) {
			h.fault = func(w http.ResponseWriter, r *http.Request) bool {
				absent := strings.HasSuffix(r.URL.Path, "/stream")
				if absent {
					http.NotFound(w, r)
				}
				return absent
			}
		},
		"with a token": func(h *drillHouse) { h.token = "sample-token" },
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, out := newDrillHouse(t, change).drill()
			require.NoError(t, d.run(t.Context(), drillCommand{Service: "checkout"}))
			requireGolden(t, "drill.golden", out.String())
		})
	}
}

func TestDrillPlaysThePeopleUntilTheIncidentClosesItself(t *testing.T) {
	t.Parallel()
	h := newDrillHouse(t)
	d, out := h.drill()
	require.NoError(t, d.run(t.Context(), drillCommand{Service: "checkout", Play: true}))
	requireGolden(t, "drill_play.golden", out.String())
	require.Equal(t, incident.Closed, h.incident().Status)
}

func TestDrillPlaysTheBuiltInPlaybook(t *testing.T) {
	t.Parallel()
	h := newDrillHouse(t, builtInPlaybook)
	d, out := h.drill()
	require.NoError(t, d.run(t.Context(), drillCommand{Service: "checkout", Play: true}))
	require.NotContains(t, out.String(), "was refused")
	in := h.incident()
	require.Equal(t, incident.Closed, in.Status)
	for _, step := range in.Steps {
		require.True(t, step.State.Settled(), "%s is left %s", step.ID, step.State)
	}
	for id, note := range stepNotes {
		step, known := in.Step(id)
		require.True(t, known, id)
		require.Equal(t, note, step.Note)
	}
}

// withoutSandbox is a house in which Muster has no sandbox of its own.
func withoutSandbox(h *drillHouse) {
	h.fault = func(w http.ResponseWriter, r *http.Request) bool {
		absent := strings.HasPrefix(r.URL.Path, "/sandbox")
		if absent {
			http.NotFound(w, r)
		}
		return absent
	}
}

func TestDrillPlayStopsAtTheTicketWithoutASandbox(t *testing.T) {
	t.Parallel()
	h := newDrillHouse(t, withoutSandbox)
	d, out := h.drill()
	require.NoError(t, d.run(t.Context(), drillCommand{Service: "checkout", Play: true}))
	require.NotContains(t, out.String(), "/sandbox")
	require.Contains(t, out.String(), "Move SHOP-1 to Done there,\n  and INC-1 closes itself: https://jira.example.com/browse/SHOP-1")
	require.Contains(t, out.String(), "INC-1 is resolved. This is how it went:")
}

func TestDrillPlayTellsWhatMusterRefusesAndGoesOn(t *testing.T) {
	t.Parallel()
	h := newDrillHouse(t, func(h *drillHouse) {
		h.fault = func(w http.ResponseWriter, r *http.Request) bool {
			refused := strings.HasSuffix(r.URL.Path, "/severity")
			if refused {
				w.WriteHeader(http.StatusUnprocessableEntity)
				_, _ = io.WriteString(w, `{"status": 422, "detail": "there is no severity \"critical\""}`) // The test would miss it.
			}
			return refused
		}
	})
	d, out := h.drill()
	require.NoError(t, d.run(t.Context(), drillCommand{Service: "checkout", Play: true}))
	require.Contains(t, out.String(), `Sample Commander        was refused: there is no severity "critical"`)
	require.Contains(t, out.String(), "INC-1 is closed.")
}

func TestDrillNamesTheStepsThatFailed(t *testing.T) {
	t.Parallel()
	h := newDrillHouse(t, func(h *drillHouse) { h.failing = playbooks.SlackCreateChannel })
	d, out := h.drill()
	require.NoError(t, d.run(t.Context(), drillCommand{Service: "checkout"}))
	require.Contains(t, out.String(), "Failed: Open the incident channel. The incident's page says why")
	require.Contains(t, out.String(), "Now it is your turn")
}

func TestDrillLetsItsAlertResolve(t *testing.T) {
	t.Parallel()
	h := newDrillHouse(t)
	first, _ := h.drill()
	require.NoError(t, first.run(t.Context(), drillCommand{Service: "checkout"}))

	d, out := h.drill()
	require.NoError(t, d.run(t.Context(), drillCommand{Resolve: "INC-1"}))
	requireGolden(t, "drill_resolve.golden", out.String())
	require.Empty(t, h.incident().Firing())

	again, out := h.drill()
	require.NoError(t, again.run(t.Context(), drillCommand{Resolve: "INC-1"}))
	require.Contains(t, out.String(), "The alert of INC-1 has resolved already.")
}

func TestDrillLeavesOtherAlertsAlone(t *testing.T) {
	t.Parallel()
	h := newDrillHouse(t)
	err := h.take(t.Context(), incident.Alert{
		Fingerprint: "1", Name: "DiskFull", Labels: map[string]string{"alertname": "DiskFull"}, StartsAt: drillTime, Source: "alertmanager",
	})
	require.NoError(t, err)
	d, _ := h.drill()
	err = d.run(t.Context(), drillCommand{Resolve: "INC-1"})
	require.EqualError(t, err, "INC-1 has no alert of a drill; other alerts resolve where they come from")
	require.Len(t, h.incident().Firing(), 1)
}

func TestDrillFollowsTheLiveStreamUntilItIsInterrupted(t *testing.T) {
	t.Parallel()
	h := newDrillHouse(t, builtInPlaybook) // its own steps wait for nobody
	ctx, interrupt := context.WithCancel(t.Context())
	// No time passes, so that nothing but the stream can bring the news.
	d, out := h.drill(func(d *drill) { d.after = func(time.Duration) <-chan time.Time { return nil } })
	acknowledged := make(chan error, 1)
	out.printed = func(text string) {
		switch {
		case strings.Contains(text, "See it all played"):
			go func() {
				_, err := h.Do(t.Context(), incident.Command{
					Incident: "INC-1", Actor: incident.PersonActor("Sample Responder"), Source: "api", Intent: incident.Acknowledge{},
				})
				acknowledged <- err
			}()
		case strings.Contains(text, "Sample Responder        Acknowledged"):
			interrupt()
		}
	}
	require.ErrorIs(t, d.run(ctx, drillCommand{Service: "checkout", Follow: true}), context.Canceled)
	require.NoError(t, <-acknowledged)
}

func TestDrillErrorsSayWhatToMend(t *testing.T) {
	t.Parallel()
	answer := func(status int, text string) func(*drillHouse) {
		return func(h *drillHouse) {
			h.fault = func(w http.ResponseWriter, _ *http.Request) bool {
				w.WriteHeader(status)
				_, _ = io.WriteString(w, text) // The test would miss it.
				return true
			}
		}
	}
	tests := map[string]struct {
		house func(*drillHouse)
		drill func(*drill)
		run   drillCommand
		want  string
	}{
		"a token that Muster wants and the drill has not": {
			house: func(h *drillHouse) { h.token = "sample-token" },
			drill: func(d *drill) { d.muster.alertmanagerToken = config.Secret{} },
			want:  "the delivery carries no bearer token; set http_config.authorization.credentials (the drill takes the token from MUSTER_ALERTMANAGER_TOKEN)",
		},
		"a delivery that cannot be stored": {
			house: answer(http.StatusServiceUnavailable, `{"status": 503, "detail": "the delivery could not be stored; send it again"}`),
			want:  "the delivery could not be stored; send it again",
		},
		"something that is not Muster": {
			house: answer(http.StatusNotFound, "<h1>Not here</h1>"),
			want:  "POST http://127.0.0.1:8080/webhooks/alertmanager answered 404 Not Found, which is not how Muster answers: see that --url leads to it",
		},
		"something else that takes everything": {
			house: answer(http.StatusOK, "fine"),
			want:  "the answer of http://127.0.0.1:8080 cannot be read (invalid character 'i' in literal false (expecting 'a')); is it Muster that runs there?",
		},
		"an alert that nobody makes an incident of": {
			house: func(h *drillHouse) { h.deaf = true },
			drill: func(d *drill) { d.after = hasty },
			want: "the alert was taken, but 1m0s later no incident has it: see that Muster's worker runs, " +
				"and that no route in muster.yaml ignores the alert HighErrorRate",
		},
		"an incident that does not exist": {
			run:  drillCommand{Resolve: "INC-7"},
			want: "there is no incident INC-7",
		},
		"an incident that somebody cancels while it is played": {
			house: func(h *drillHouse) {
				h.fault = func(w http.ResponseWriter, r *http.Request) bool {
					if strings.HasSuffix(r.URL.Path, "/resolve") {
						r.URL.Path = strings.TrimSuffix(r.URL.Path, "resolve") + "cancel"
						r.Body = io.NopCloser(strings.NewReader(`{"actor": "Sample Visitor"}`))
					}
					return false
				}
			},
			run:  drillCommand{Play: true},
			want: "INC-1 is cancelled: the drill ends here, while it waits for the draft of the postmortem",
		},
		"a postmortem that is never drafted": {
			house: func(h *drillHouse) { builtInPlaybook(h); h.failing = playbooks.PostmortemDraft },
			drill: func(d *drill) { d.after = hasty },
			run:   drillCommand{Play: true},
			want:  "waited 1m0s for the draft of the postmortem, in vain: see http://127.0.0.1:8080/incidents/INC-1",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if test.house == nil {
				test.house = func(*drillHouse) {}
			}
			if test.drill == nil {
				test.drill = func(*drill) {}
			}
			test.run.Service = "checkout"
			h := newDrillHouse(t, test.house)
			d, _ := h.drill(test.drill)
			err := d.run(t.Context(), test.run)
			require.Error(t, err)
			require.Equal(t, test.want, strings.ReplaceAll(err.Error(), h.url, defaultURL))
		})
	}
}

func TestDrillSaysHowToStartMusterWhereNobodyAnswers(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	err := drillCommand{URL: gone.URL, Service: "checkout"}.Run(t.Context(), &console{out: io.Discard})
	require.ErrorContains(t, err, "Muster does not answer at "+gone.URL+" (dial tcp ")
	require.ErrorContains(t, err, "connection refused): see that it runs, and that --url or MUSTER_URL leads to it")
	require.NotContains(t, err.Error(), "\n")
	require.ErrorContains(t, &unreachableError{url: defaultURL, cause: io.EOF}, "(EOF): start muster dev, or name another one with --url")
}

func TestDrillFindsTheSandboxWhereverItRuns(t *testing.T) {
	t.Parallel()
	for name, find := range map[string]func(h *drillHouse, at string) (drillCommand, func(*drill)){
		"by its flag": func(_ *drillHouse, at string) (drillCommand, func(*drill)) {
			return drillCommand{Sandbox: at}, func(*drill) {}
		},
		"by its flag, as people copy it": func(_ *drillHouse, at string) (drillCommand, func(*drill)) {
			return drillCommand{Sandbox: at + "/sandbox/"}, func(*drill) {}
		},
		"by the setting that servers and workers have": func(_ *drillHouse, at string) (drillCommand, func(*drill)) {
			return drillCommand{}, func(d *drill) { d.trackerURL = at + "/sandbox/jira" }
		},
		"by the link to the ticket": func(h *drillHouse, at string) (drillCommand, func(*drill)) {
			h.trackerURL = at + "/sandbox/jira"
			return drillCommand{}, func(*drill) {}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newDrillHouse(t, withoutSandbox)
			elsewhere := httptest.NewServer(h.sandbox())
			t.Cleanup(elsewhere.Close)
			command, change := find(h, elsewhere.URL)
			command.Service, command.Play = "checkout", true
			d, out := h.drill(change)
			require.NoError(t, d.run(t.Context(), command))
			require.Contains(t, out.String(), "INC-1 is closed.")
		})
	}
}

func TestDrillSendsNothingWhereTheSandboxThatWasNamedIsNotThere(t *testing.T) {
	t.Parallel()
	h := newDrillHouse(t, withoutSandbox)
	d, _ := h.drill()
	require.ErrorContains(t, d.run(t.Context(), drillCommand{Service: "checkout", Sandbox: h.url}), "no sandbox answers at "+h.url)
	require.ErrorContains(t, d.run(t.Context(), drillCommand{Service: "checkout", Sandbox: "sandbox:8090"}), "--sandbox-url must be an address")
	require.Empty(t, h.incident().ID)
}

func TestDrillBearsThatMusterIsAwayForAWhile(t *testing.T) {
	t.Parallel()
	var broken atomic.Int32
	h := newDrillHouse(t, func(h *drillHouse) {
		h.fault = func(_ http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path == "/api/v1/incidents/INC-1" && broken.Add(1) <= 3 {
				panic(http.ErrAbortHandler)
			}
			return false
		}
	})
	d, out := h.drill()
	require.NoError(t, d.run(t.Context(), drillCommand{Service: "checkout"}))
	require.Equal(t, 1, strings.Count(out.String(), "Muster does not answer. Waiting for it to come back …\n"))
	require.Contains(t, out.String(), "Now it is your turn")
}

func TestDrillCommandLine(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		args []string
		want string
	}{
		"nothing but the command":               {nil, ""},
		"everything for a play":                 {[]string{"--play", "--pace=0", "--service=payments", "--severity=warning", "--follow"}, ""},
		"a play and a resolution at once":       {[]string{"--play", "--resolve=INC-1"}, "--play and --resolve can't be used together"},
		"a pace that goes back in time":         {[]string{"--play", "--pace=-1s"}, "drill: --pace must not be negative, not -1s"},
		"a service without a name":              {[]string{"--service="}, "drill: --service must name a service"},
		"an address without a scheme (at last)": {[]string{"--url=example.com"}, `--url must be an address such as http://127.0.0.1:8080, not "example.com"`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var line struct {
				Drill drillCommand `cmd:""`
			}
			parser, err := kong.New(&line, kong.Name("muster"), kong.Exit(func(int) {}), kong.Writers(io.Discard, io.Discard))
			require.NoError(t, err)
			_, err = parser.Parse(append([]string{"drill"}, test.args...))
			if err == nil {
				_, err = newMusterClient(line.Drill.URL, config.Secret{})
			}
			if test.want == "" {
				require.NoError(t, err)
				return
			}
			require.EqualError(t, err, test.want)
		})
	}
}

func TestDrillAlertIsReadByTheRealParser(t *testing.T) {
	t.Parallel()
	firing := newDrillAlert("k7mq2xzd", "checkout", "critical", drillTime)
	items := parseDelivery(t, newDelivery(firing))
	require.Len(t, items, 1)
	var report webhook.AlertReport
	require.NoError(t, json.Unmarshal(items[0].Body, &report))
	require.True(t, report.Firing())
	require.Equal(t, "HighErrorRate", report.Name)
	require.Equal(t, "8 % of the requests to checkout fail (drill)", report.Summary())
	require.Equal(t, map[string]string{
		"alertname": "HighErrorRate", "drill": "k7mq2xzd", "job": "checkout", "service": "checkout", "severity": "critical",
	}, report.Labels)
	require.Equal(t, `muster/{}:{alertname="HighErrorRate", drill="k7mq2xzd", service="checkout"}`, items[0].Subject)

	other := parseDelivery(t, newDelivery(newDrillAlert(newDrillID(), "checkout", "critical", drillTime)))
	require.NotEqual(t, items[0].Subject, other[0].Subject, "every drill is a group of its own")
}

func parseDelivery(t *testing.T, delivery alertmanagerDelivery) []store.Item {
	t.Helper()
	text, err := json.Marshal(delivery)
	require.NoError(t, err)
	items, err := webhook.Alertmanager(config.Secret{}).Parse(text)
	require.NoError(t, err)
	return items
}

// What a drill makes of the content of a real delivery is that delivery.
func TestDrillDeliveryIsWrittenAsAlertmanagerWritesIt(t *testing.T) {
	t.Parallel()
	folder := filepath.Join("..", "..", "..", "shared", "counterparts", "payloads", "alertmanager")
	for _, name := range []string{"webhook.HighMemory.firing.json", "webhook.InstanceDown.resolved.json"} {
		captured, err := os.ReadFile(filepath.Join(folder, name))
		if errors.Is(err, fs.ErrNotExist) {
			t.Skip("the captured deliveries are not here")
		}
		require.NoError(t, err)
		var delivery alertmanagerDelivery
		require.NoError(t, json.Unmarshal(captured, &delivery))

		own := newDelivery(delivery.Alerts...)
		require.Equal(t, delivery.Status, own.Status)
		require.Equal(t, delivery.CommonLabels, own.CommonLabels)
		require.Equal(t, delivery.CommonAnnotations, own.CommonAnnotations)
		require.Equal(t, delivery.GroupKey, "{}:"+delivery.GroupLabels.String())
		require.Equal(t, delivery.Alerts[0].Fingerprint, delivery.Alerts[0].Labels.Fingerprint().String())
		written, err := json.Marshal(delivery)
		require.NoError(t, err)
		require.Equal(t, strings.TrimSpace(string(captured)), string(written))
	}
}

func TestReadEventStream(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		stream string
		want   []string
	}{
		"an event with a name and a number":   {"event: timeline\nid: 7\ndata: {\"seq\":7}\n\n", []string{`{"seq":7}`}},
		"comments between events":             {": connected\n\ndata: a\n\n: alive\n\ndata: b\n\n", []string{"a", "b"}},
		"an event over several lines":         {"data: a\ndata:b\ndata:  c\n\n", []string{"a\nb\n c"}},
		"lines that end as on Windows":        {"data: a\r\n\r\ndata: b\r\n\r\n", []string{"a", "b"}},
		"an event that breaks off at the end": {"data: a\n\ndata: b\n", []string{"a"}},
		"nothing":                             {"", nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			require.NoError(t, readEventStream(strings.NewReader(test.stream), func(data []byte) error {
				got = append(got, string(data))
				return nil
			}))
			require.Equal(t, test.want, got)
		})
	}
}

func TestTextOfPeopleNeitherBreaksTheLineNorSteersTheTerminal(t *testing.T) {
	t.Parallel()
	require.Equal(t, "one two [31mthree four", oneLine("one\n\ttwo \x1b[31mthree\r\u0085four "))
}

func TestAlertmanagerTokenIsReadAsTheServerReadsIt(t *testing.T) {
	t.Parallel()
	environment := map[string]string{"MUSTER_ALERTMANAGER_TOKEN": "sample-token", "MUSTER_SLACK_TOKEN": "broken\nelsewhere"}
	token, err := readAlertmanagerToken(func(name string) (string, bool) { value, ok := environment[name]; return value, ok })
	require.NoError(t, err)
	require.Equal(t, "sample-token", token.Reveal())
}

// requireGolden compares with a file in testdata; go test -update writes it anew.
func requireGolden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *updateDrills {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(string(bytes.ReplaceAll(want, []byte("\r\n"), []byte("\n"))), got), "the output is not that of %s", path)
}
