package card_test

import (
	"strings"
	"testing"

	"muster/chat"
	"muster/chat/card"
	"muster/incident"

	"github.com/stretchr/testify/require"
)

// acts are what the controls say, and what they are about.
func acts(controls []chat.Control) []string {
	var all []string
	for _, c := range controls {
		about := c.Value
		for _, o := range c.Options {
			about += " " + o.Value
		}
		all = append(all, strings.TrimSpace(c.Act+" "+strings.TrimSpace(about+c.URL)))
	}
	return all
}

func TestButtonsSayWhatTheyAreAboutAndAreThereWhileTheyMakeSense(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		s    incident.State
		name string
		want []string
	}{
		"one takes the incident":                      {declared(), "acknowledge", []string{"acknowledge INC-42"}},
		"one that is taken is not taken again":        {underway(), "acknowledge", nil},
		"the severity is confirmed":                   {declared(), "confirm_severity", []string{"confirm_severity INC-42", "severity INC-42|SEV1 INC-42|SEV2 INC-42|SEV3"}},
		"a confirmed one is not confirmed again":      {underway(), "confirm_severity", nil},
		"a role that nobody has is taken":             {underway(), "take_role:communications", []string{"take_role INC-42|communications"}},
		"a role that somebody has is not":             {underway(), "take_role:commander", nil},
		"without a role there is one for each":        {declared(), "take_role", []string{"take_role INC-42|commander", "take_role INC-42|communications"}},
		"a step is completed":                         {declared(), "complete:assess", []string{"step_complete INC-42|assess"}},
		"a step is skipped":                           {declared(), "skip:assess", []string{"step_skip INC-42|assess"}},
		"a step that is done has no button":           {declared(), "complete:page", nil},
		"completing an approval is to approve":        {underway(), "complete:statement", []string{"step_approve INC-42|statement", "step_reject INC-42|statement"}},
		"all that can be done about a step":           {underway(), "step:way", []string{"step_choose INC-42|way|back INC-42|way|off", "step_skip INC-42|way"}},
		"the menu of steps has what people do":        {underway(), "step_menu", []string{"step_complete INC-42|ask"}},
		"a reminder rests":                            {declared(), "snooze", []string{"snooze INC-42|15m0s|update-due|x INC-42|30m0s|update-due|x INC-42|1h0m0s|update-due|x INC-42|4h0m0s|update-due|x"}},
		"the postmortem is a page":                    {over(), "postmortem", []string{"postmortem https://muster.example.com/incidents/INC-42/postmortem"}},
		"work is added after the incident too":        {over(), "followup", []string{"followup INC-42"}},
		"nothing is resolved that is over":            {over(), "resolve", nil},
		"others open forms":                           {declared(), "update", []string{"update INC-42"}},
		"a name that nobody knows is no button":       {declared(), "explode", nil},
		"a failed step is tried again":                {underway(), "step:deploy", []string{"step_retry INC-42|deploy", "step_skip INC-42|deploy"}},
		"what people resolve opens a form":            {declared(), "resolve", []string{"resolve INC-42"}},
		"a role of which nobody has heard has no one": {declared(), "take_role:cook", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := card.Buttons(test.s, []string{test.name}, card.Matter{Hook: "update-due", Subject: "x"}, pages)
			require.Equal(t, test.want, acts(got))
		})
	}
}

func TestAValueIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	id, parts := card.ReadValue(card.Value("INC-42", "30m0s", "", ""), 3)
	require.Equal(t, incident.ID("INC-42"), id)
	require.Equal(t, []string{"30m0s", "", ""}, parts)
	id, parts = card.ReadValue("INC-42", 1)
	require.Equal(t, incident.ID("INC-42"), id)
	require.Equal(t, []string{""}, parts)
	_, parts = card.ReadValue("INC-42|a|b|c", 2)
	require.Equal(t, []string{"a", "b|c"}, parts)
	require.Empty(t, card.Value("INC-42", strings.Repeat("x", chat.MaxValueRunes)), "no chat can carry it")
}

func TestAControlThatNoChatCanCarryIsLeftOut(t *testing.T) {
	t.Parallel()
	s := declared()
	s.Steps[1].ID = strings.Repeat("x", 200)
	for _, part := range card.Steps(s, pages).Parts {
		require.Empty(t, part.Controls)
	}
	s.Roles[0].ID = strings.Repeat("y", 200)
	for _, part := range card.Brief(s, s.Outlook(), pages, nil).Parts {
		for _, c := range part.Controls {
			for _, o := range c.Options {
				require.NotEmpty(t, o.Value)
			}
		}
	}
}

func TestOneButtonStandsOut(t *testing.T) {
	t.Parallel()
	for names, want := range map[string]string{
		"resolve update": card.ResolveAct, "update resolve": card.UpdateAct, "snooze update": card.UpdateAct, "snooze": "",
	} {
		primary := ""
		for _, c := range card.Buttons(underway(), strings.Fields(names), card.Matter{Hook: "quiet"}, card.Pages{}) {
			if c.Style == chat.Primary {
				require.Empty(t, primary, names)
				primary = c.Act
			}
		}
		require.Equal(t, want, primary, names)
	}
}
