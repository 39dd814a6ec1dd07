package slack_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/chat"
	"muster/integrations"
)

const openView = "POST /api/views.open"

// everyField puts a hostile text into every place that a form has for one.
func everyField(text string) chat.Form {
	options := []chat.Option{{Value: "SEV1", Label: "SEV1 " + text, Hint: text}, {Value: "SEV2", Label: "SEV2", Chosen: true}}
	return chat.Form{
		ID: "declare", Context: "C0INCIDENT|" + "x", Title: "Declare " + text, Submit: "Declare " + text, Intro: everyPart(text).Parts,
		Fields: []chat.Entry{
			{ID: "title", Label: "Title " + text, Hint: text, Kind: chat.LineEntry, Value: text, Placeholder: text, MaxRunes: 120},
			{ID: "update", Label: "Update", Kind: chat.TextEntry, Value: text, Optional: true},
			{ID: "severity", Label: "Severity", Kind: chat.ChoiceEntry, Value: "SEV1", Options: options, Placeholder: text},
			{ID: "service", Label: "Service", Kind: chat.ChoiceEntry, Options: options},
			{ID: "commander", Label: "Commander", Kind: chat.PersonEntry, Value: "U0RESPONDER", Optional: true},
			{ID: "owner", Label: "Owner", Kind: chat.PersonEntry, Value: text},
			{ID: "due", Label: "Due", Kind: chat.DayEntry, Value: "2026-11-22"},
			{ID: "another", Label: "Another day", Kind: chat.DayEntry, Value: text},
			{ID: "private", Label: "Private " + text, Kind: chat.CheckEntry, Value: "true"},
			{ID: "page", Label: "Page", Kind: chat.CheckEntry},
		},
	}
}

func TestAFormKeepsSlacksLimitsWhateverIsInIt(t *testing.T) {
	t.Parallel()
	texts := hostile()
	texts["long"] = strings.Repeat("The checkout of the sample shop fails. ", 500)
	texts["long_word"] = strings.Repeat("𝕏", 10_000)
	for name, text := range texts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, fake := newKnowing(t)
			fake.Answer(openView, http.StatusOK, accepted)
			require.NoError(t, client.OpenForm(t.Context(), "42.42.trigger", everyField(text)))
			sent := fake.Requests("/api/views.open")[0].JSON(t)
			require.Equal(t, "42.42.trigger", sent["trigger_id"])
			view := string(marshal(t, sent["view"]))
			require.Empty(t, viewProblems(view))
			if name == "plain" || name == "mentions" {
				golden(t, "form_"+name, "form", view)
			}
		})
	}
}

func TestAFormWithoutASubmitButtonCanOnlyBeRead(t *testing.T) {
	t.Parallel()
	client, fake := newKnowing(t)
	fake.Answer(openView, http.StatusOK, accepted)
	form := everyField("text")
	form.Submit = ""
	require.NoError(t, client.OpenForm(t.Context(), "42.42.trigger", form))
	view := string(marshal(t, fake.Requests("/api/views.open")[0].JSON(t)["view"]))
	require.Empty(t, viewProblems(view))
	require.NotContains(t, view, `"input"`)
	require.Contains(t, view, `"Close"`)
}

func TestAFormThatCannotBeShownIsRefused(t *testing.T) {
	t.Parallel()
	fields := func(entries ...chat.Entry) chat.Form {
		return chat.Form{ID: "declare", Title: "Declare", Submit: "Declare", Fields: entries}
	}
	var many []chat.Entry
	for i := range 91 {
		many = append(many, chat.Entry{ID: fmt.Sprint(i), Label: "Field", Kind: chat.LineEntry})
	}
	for name, row := range map[string]struct {
		trigger string
		form    chat.Form
		want    string
	}{
		"without a trigger":           {"", fields(), "in answer to what somebody just did"},
		"without a title":             {"t", chat.Form{ID: "declare"}, "has no title"},
		"without an id":               {"t", chat.Form{Title: "Declare"}, "its id must have 1 to 248 characters"},
		"with a long id":              {"t", chat.Form{ID: strings.Repeat("x", 300), Title: "Declare"}, "its id must have 1 to 248 characters"},
		"with a long context":         {"t", chat.Form{ID: "x", Title: "Declare", Context: strings.Repeat("x", 3001)}, "its context has more than 3000 characters"},
		"with two fields of one id":   {"t", fields(many[0], many[0]), `two of its fields have the id "0"`},
		"with a field without an id":  {"t", fields(chat.Entry{Label: "Field", Kind: chat.LineEntry}), "the id of a field"},
		"with a field without a name": {"t", fields(chat.Entry{ID: "x", Kind: chat.LineEntry}), "has no label"},
		"with an empty menu":          {"t", fields(chat.Entry{ID: "x", Label: "X", Kind: chat.ChoiceEntry}), "nothing to choose from"},
		"with an unknown field":       {"t", fields(chat.Entry{ID: "x", Label: "X", Kind: "color"}), `of the kind "color"`},
		"with too many fields":        {"t", fields(many...), "more than 90 fields"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, fake := newClient(t)
			err := client.OpenForm(t.Context(), row.trigger, row.form)
			require.ErrorContains(t, err, row.want)
			require.True(t, integrations.IsFinal(err))
			require.Empty(t, fake.Requests("/api/views.open"))
		})
	}
}

func TestAFormThatCameTooLateSaysWhatToDo(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"expired_trigger_id", "exchanged_trigger_id", "trigger_expired"} {
		client, fake := newClient(t)
		fake.Answer(openView, http.StatusOK, refusal(code))
		err := client.OpenForm(t.Context(), "42.42.trigger", chat.Form{ID: "declare", Title: "Declare"})
		require.ErrorContains(t, err, "press the button or send the command again")
	}
}
