//go:build !slim

package sandbox_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/slack-go/slack"
	"github.com/stretchr/testify/require"
)

// browser is a Chromium that looks at the sandbox's page. Whatever it complains of, such as a
// breach of the Content-Security-Policy, fails the test at its end.
type browser struct {
	t   *testing.T
	tab context.Context
	url string
}

func (w *world) browse(t *testing.T) *browser {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()), chromedp.WindowSize(1280, 1000),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
	)
	allocator, stop := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()), options...)
	t.Cleanup(stop)
	tab, closeTab := chromedp.NewContext(allocator)
	t.Cleanup(closeTab)
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
			if e.Entry.Source != log.EntrySourceNetwork {
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
	return &browser{t, tab, w.url}
}

// patience is how long a test waits for something before it fails instead of hanging.
const patience = time.Minute

func (b *browser) run(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.tab, patience)
	defer cancel()
	require.NoError(b.t, chromedp.Do(ctx, actions...))
}

// sees waits until the element with an id says something.
func (b *browser) sees(id, text string) {
	b.t.Helper()
	b.run(chromedp.WaitVisible(chromedp.Search(fmt.Sprintf(`//*[@id=%q][contains(normalize-space(.), %q)]`, id, text))))
}

func (b *browser) types(selector chromedp.CSS, text string) {
	b.t.Helper()
	b.run(chromedp.SendKeys(selector, text, chromedp.NodeVisible))
}

func (b *browser) clicks(selector chromedp.CSS) {
	b.t.Helper()
	b.run(chromedp.Click(selector, chromedp.NodeVisible))
}

func TestSlackIsUsedInABrowser(t *testing.T) {
	t.Parallel()
	app := listen(t)
	w := start(t, app.options)
	b := w.browse(t)
	b.run(chromedp.Navigate(w.url + "/sandbox"))

	b.types("#say", "/incident\r")
	opened, err := w.slack.OpenView(app.form(t).Get("trigger_id"), declareForm("Declare"))
	require.NoError(t, err)
	b.sees("modal-title", "Declare")
	b.clicks("#modal footer .primary")
	b.sees("e-title", "Please complete this required field.")
	b.types("#f-title", "checkout")
	app.answer(`{"response_action":"errors","errors":{"title":"Say what is broken."}}`)
	b.clicks("#modal footer .primary")
	require.Equal(t, opened.ID, app.payload(t).View.ID)
	b.sees("e-title", "Say what is broken.")
	b.types("#f-title", " fails")
	b.clicks("#modal footer .primary")
	require.Equal(t, "checkout fails", app.payload(t).View.State.Values["title"]["input"].Value)
	b.run(chromedp.WaitNotPresent(chromedp.CSS("#modal")))

	ts := w.post(t, general, slack.MsgOptionBlocks(slack.NewActionBlock("",
		slack.NewButtonBlockElement("muster:acknowledge", "INC-1", plainText("Acknowledge")),
		slack.NewOptionsSelectBlockElement("static_select", plainText("Severity"), "severity", slack.NewOptionBlockObject("SEV1", plainText("Critical"), nil)))))
	app.event(t)
	b.clicks(`[data-control="muster:acknowledge"]`)
	pressed := app.payload(t)
	require.Equal(t, []string{ts, "INC-1"}, []string{pressed.Message.Timestamp, pressed.ActionCallback.BlockActions[0].Value})
	_, _, err = w.slack.PostMessage(general, text("You have it."), slack.MsgOptionResponseURL(pressed.ResponseURL, slack.ResponseTypeEphemeral))
	require.NoError(t, err)
	b.sees("slack-messages", "Only visible to you")
	b.run(chromedp.SetValue(chromedp.CSS(`[data-control="severity"]`), "SEV1"))
	require.Equal(t, "SEV1", app.payload(t).ActionCallback.BlockActions[0].SelectedOption.Value)
	b.types("#say", "On it, @responder-two\r")
	b.sees("slack-messages", "On it, @Sample Responder Two")
	app.event(t)

	b.run(chromedp.Focus(chromedp.CSS(`.message:last-child`)))
	b.clicks(`.message:last-child .tools [data-emoji="pushpin"]`)
	event, _ := app.event(t)
	require.Equal(t, "reaction_added", event["event"].(map[string]any)["type"])
	b.run(chromedp.WaitVisible(chromedp.CSS(`.reactions [data-emoji="pushpin"][aria-pressed="true"]`)))

	b.clicks(".you summary")
	b.clicks(`.you a[href*="responder-two"]`)
	b.sees("slack-you", "Sample Responder Two")
	b.run(chromedp.EmulateViewport(360, 780))
	width, err := chromedp.Run(b.tab, chromedp.Evaluate[int](`document.documentElement.scrollWidth`))
	require.NoError(t, err)
	require.LessOrEqual(t, width, 360, "the page scrolls sideways")
}
