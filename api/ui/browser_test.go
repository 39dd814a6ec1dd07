//go:build !slim

package ui_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"muster/incident"
)

// browser is a Chromium that looks at a site. Whatever it complains of, such as a breach
// of the Content-Security-Policy, fails the test at its end.
type browser struct {
	t   *testing.T
	tab context.Context
	url string
}

func (s *site) browse(t *testing.T) *browser {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	t.Cleanup(s.Close) // before the server, which waits for the streams

	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()), chromedp.WindowSize(1280, 1000),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
	)
	allocator, stop := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()), options...)
	t.Cleanup(stop)
	tab, closeTab := chromedp.NewContext(allocator)
	t.Cleanup(closeTab)
	b := &browser{t: t, tab: tab, url: server.URL}

	var mu sync.Mutex
	var complaints []string
	complain := func(text string) {
		mu.Lock()
		defer mu.Unlock()
		complaints = append(complaints, text)
	}
	require.NoError(t, chromedp.Listen(tab, func(event any) {
		switch e := event.(type) {
		case *log.EventEntryAdded:
			if e.Entry.Source != log.EntrySourceNetwork { // a refused form is answered with 422
				complain(e.Entry.Text + " " + e.Entry.URL)
			}
		case *runtime.EventExceptionThrown:
			complain(e.ExceptionDetails.Text)
		}
	}))
	t.Cleanup(func() {
		mu.Lock()
		defer mu.Unlock()
		require.Empty(t, complaints, "the browser complained")
	})
	return b
}

// patience is how long a test waits for something before it fails instead of hanging.
const patience = time.Minute

func (b *browser) run(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.tab, patience)
	defer cancel()
	require.NoError(b.t, chromedp.Do(ctx, actions...))
}

func (b *browser) open(path string) {
	b.t.Helper()
	b.run(chromedp.Navigate(b.url + path))
}

// sees waits until the element with an id says something.
func (b *browser) sees(id, text string) {
	b.t.Helper()
	b.run(chromedp.WaitVisible(chromedp.Search(fmt.Sprintf(`//*[@id=%q][contains(normalize-space(.), %q)]`, id, text))))
}

func (b *browser) shows(selector chromedp.CSS) {
	b.t.Helper()
	b.run(chromedp.WaitVisible(selector))
}

func (b *browser) types(selector chromedp.CSS, text string) {
	b.t.Helper()
	b.run(chromedp.SendKeys(selector, text, chromedp.NodeVisible))
}

func (b *browser) clicks(selector chromedp.CSS) {
	b.t.Helper()
	b.run(chromedp.Click(selector, chromedp.NodeVisible))
}

// withoutScript makes the browser one that runs no JavaScript.
func (b *browser) withoutScript() {
	b.t.Helper()
	_, err := chromedp.Call(b.tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	require.NoError(b.t, err)
}

func (b *browser) value(selector chromedp.CSS) string {
	b.t.Helper()
	value, err := chromedp.Run(b.tab, chromedp.Value(selector))
	require.NoError(b.t, err)
	return value
}

func TestAnIncidentIsLedFromNewToResolvedInABrowser(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browse(t)
	b.open("/")
	b.sees("open", "All quiet")
	b.shows(`body[data-connection="live"]`)

	id := s.begin(t, "Checkout fails", "SEV1")
	b.sees("open", "Checkout fails")
	b.clicks("#open .row-link")

	b.sees("next-title", "Nobody has this yet")
	b.types(`#next input[name="you"]`, responder)
	b.clicks("#acknowledge")
	b.sees("next-title", "Nobody leads")
	b.sees("people", "Acknowledged by Sample Responder")
	b.sees("timeline", "Acknowledged")
	b.clicks("#next .big")
	b.sees("header", "Sample Responder leads")

	s.do(t, id, muster, incident.FailStep{Step: "page", Error: "PagerDuty knows no service PX"})
	b.sees("next-title", "Muster could not do this")
	b.clicks(`#next form[action$="retry_step"] button`)
	b.sees("next-title", "Confirm the severity")

	b.clicks("#change-status summary")
	b.clicks(`#change-status input[value="identified"]`)
	b.types(`#change-status input[name="note"]`, "the connection pool")
	b.clicks("#change-status .primary")
	b.sees("timeline", "Status changed from investigating to identified: the connection pool")

	cleared := s.alert(id)
	cleared.ResolvedAt = s.clock.Now()
	s.do(t, id, incident.VendorActor("Alertmanager"), incident.ReportAlerts{Alerts: []incident.Alert{cleared}})
	b.sees("next-title", "The alert has cleared")
	b.types("#next textarea", "Rolled back")
	b.clicks("#next .big")
	b.sees("next-title", "It is over")
	b.sees("header", "Rolled back")

	b.clicks("#next .big")
	b.shows(".postmortem")
	b.sees("main", "Rolled back")
}

func TestWhatSomebodyTypesSurvivesWhatHappens(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := s.begin(t, "Checkout fails", "SEV1")
	b := s.browse(t)
	b.open("/incidents/INC-1")
	b.shows(`body[data-connection="live"]`)
	b.types(`#next input[name="you"]`, "Sample")
	b.clicks("#add-step summary")
	b.types(`#add-step input[name="title"]`, "Call the")

	s.do(t, id, muster, incident.StartStep{Step: "statement"})
	s.do(t, id, incident.PersonActor("Second Responder"), incident.Acknowledge{})
	b.sees("timeline", "Waiting for approval")
	b.shows("#header .reached:nth-child(2)")

	require.Equal(t, "Sample", b.value(`#next input[name="you"]`), "typed, then left")
	require.Equal(t, "Call the", b.value(`#add-step input[name="title"]`), "being typed")
	b.shows("#next[data-outdated]")
	b.shows("#steps[data-outdated]")

	b.types(`#add-step input[name="title"]`, " key accounts")
	b.types(`#add-step input[name="assignee"]`, responder)
	b.clicks("#add-step .primary")
	b.sees("steps", "Say who you are")
	require.Equal(t, "Call the key accounts", b.value(`#add-step input[name="title"]`))
	b.types(`#add-step input[name="you"]`, responder)
	b.clicks("#add-step .primary")
	b.shows("#step-added-1")
	b.sees("steps", "To approve")
}

func TestAnIncidentIsLedWithoutJavaScript(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.begin(t, "Checkout fails", "SEV1")
	b := s.browse(t)
	b.withoutScript()
	b.open("/incidents/INC-1")
	b.types(`#next input[name="you"]`, responder)
	b.clicks("#acknowledge")
	b.shows(`#next form[action$="assign_role"]`)
	b.clicks("#next .big")
	b.shows(`#next form[action$="complete_step"]`)
	b.clicks("#add-step summary")
	b.types(`#add-step input[name="title"]`, "Call them")
	b.clicks("#add-step .primary")
	b.shows("#step-added-1")

	state, err := s.store.Incident(t.Context(), "INC-1")
	require.NoError(t, err)
	require.Equal(t, responder, state.AcknowledgedBy.Name)
	require.Equal(t, responder, state.Holder("commander"))
}

func TestEveryPageFitsAPhone(t *testing.T) {
	t.Parallel()
	b := full(t).browse(t)
	b.run(chromedp.EmulateViewport(360, 780))
	for _, path := range everyPage {
		b.open(path)
		width, err := chromedp.Run(b.tab, chromedp.Evaluate[int](`document.documentElement.scrollWidth`))
		require.NoError(t, err)
		require.LessOrEqual(t, width, 360, "%s scrolls sideways", path)
	}
}

func TestTheDrawingOfAnIncidentsPlaybookFollowsWhatHappens(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := s.begin(t, "Checkout fails", "SEV1")
	b := s.browse(t)
	b.open("/incidents/INC-1/playbook")
	b.shows(`body[data-connection="live"]`)
	b.shows("#progress .state-running")
	s.do(t, id, muster, incident.FinishStep{Step: "page"})
	b.shows("#progress .automatic.state-done")
	b.sees("progress", "1 of 3 steps settled")
	b.clicks(`#progress a[href$="#step-assess"]`)
	b.shows("#step-assess")
}
