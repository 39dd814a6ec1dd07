package cockpit_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"muster/api/cockpit"
	"muster/chat"
	"muster/incident"
	"muster/store"
)

func TestAMessageIsRecordedOnceWhoeverMarksItAndHoweverOften(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		w.writes(outsider, general, "checkout is down")
		in := channelOf("INC-1")
		picture := incident.File{Name: "errors.png", MediaType: "image/png", URL: "https://chat.example/files/1"}
		said := w.says(outsider, in, "look <@U02>", func(m *chat.Message) { m.Files = []incident.File{picture} })
		before := len(w.answers)

		w.reacts(responder, said, "pushpin")
		w.reacts(second, said, "pushpin")
		pin := w.act(second, in)
		pin.Pin = &chat.Pin{On: said}
		w.take(pin)

		var notes []incident.NoteAdded
		for _, e := range w.journals["INC-1"] {
			if note, ok := e.Fact.(incident.NoteAdded); ok {
				notes = append(notes, note)
				require.Equal(t, incident.PersonActor("Sample Responder"), e.Actor, "whoever marked it first")
				require.Equal(t, "slack", e.Source)
			}
		}
		require.Len(t, notes, 1)
		require.Equal(t, "look @Second Responder", notes[0].Body)
		require.Equal(t, &incident.Quote{
			By: "guest", Message: incident.MessageRef{ChannelID: in, ID: said.ID, URL: "https://chat.example/" + in + "/p" + said.ID}, Files: []incident.File{picture},
		}, notes[0].Quote)
		require.Equal(t, w.messages[said].At, notes[0].HappenedAt)
		require.Len(t, w.answers, before, "and nobody is disturbed")
	})
}

func TestWhatIsNoMarkIsLeftAlone(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		w.writes(outsider, general, "checkout is down")
		said := w.says(second, channelOf("INC-1"), "hello")
		elsewhere := w.says(second, general, "hello")
		w.reacts(responder, said, "eyes")
		w.reacts(responder, elsewhere, "pushpin")
		gone := incident.MessageRef{ChannelID: channelOf("INC-1"), ID: "0.1"}
		w.reacts(responder, gone, "pushpin")
		removed := w.act(responder, said.ChannelID)
		removed.Reaction = &chat.Reaction{Emoji: "pushpin", Removed: true, On: said}
		w.take(removed)
		bot := w.act("U0BOT", said.ChannelID)
		bot.By.Bot, bot.Pin = true, &chat.Pin{On: said}
		w.take(bot)
		unpinned := w.act(responder, said.ChannelID)
		unpinned.Pin = &chat.Pin{Removed: true, On: said}
		w.take(unpinned)
		require.Empty(t, w.intents)
	})
}

func TestAMessageThatBeginsWithAMarkIsRecorded(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		want []incident.Intent // without where and when it was said
	}{
		"a decision":                       {"!decision roll back", []incident.Intent{incident.AddNote{Text: "roll back", Decision: true}}},
		"a decision with a colon":          {" !Decision: roll back\nnow", []incident.Intent{incident.AddNote{Text: "roll back\nnow", Decision: true}}},
		"a note":                           {"!note seen by <@U02>", []incident.Intent{incident.AddNote{Text: "seen by @Second Responder"}}},
		"an action":                        {"!action alert earlier", []incident.Intent{incident.AddNote{Text: "alert earlier"}, incident.AddFollowup{Title: "alert earlier"}}},
		"an action with owner and day":     {"!action <@U02> alert earlier by 2026-12-01", []incident.Intent{incident.AddNote{Text: "@Second Responder alert earlier by 2026-12-01"}, incident.AddFollowup{Title: "alert earlier", Owner: "second@example.com", Due: at(12, 1)}}},
		"a word that only begins like one": {"!decisions are hard", nil},
		"a mark in the middle":             {"that is a !decision", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inWorld(t, func(t *testing.T, w *world) {
				w.writes(outsider, general, "checkout is down")
				said := w.says(second, channelOf("INC-1"), c.text)
				for i, intent := range c.want {
					if note, ok := intent.(incident.AddNote); ok {
						said.URL = "https://chat.example/" + said.ChannelID + "/p" + said.ID
						note.At = w.messages[incident.MessageRef{ChannelID: said.ChannelID, ID: said.ID}].At
						note.Quote = &incident.Quote{By: "Second Responder", Message: said}
						c.want[i] = note
					}
				}
				require.Empty(t, cmp.Diff(c.want, w.intents))
			})
		})
	}
}

func TestAMarkAloneInAThreadMeansTheMessageAboveIt(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		w.writes(outsider, general, "checkout is down")
		in := channelOf("INC-1")
		said := w.says(second, in, "let us roll back")
		w.says(responder, in, "!decision", func(m *chat.Message) { m.Thread = said.ID })
		require.Contains(t, w.told("INC-1"), "Sample Responder: Decision (Second Responder): let us roll back")

		w.says(responder, in, "!action")
		to, text := w.lastAnswer()
		require.Equal(t, responder, to)
		require.Equal(t, "Write it behind the mark: !action what it is.", text)
	})
}

func TestWhoMarksAMessageHearsInPrivateWhatBecameOfIt(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"!decision roll back":                 "The decision is on the timeline of INC-1.",
		"!action alert earlier":               "Follow-up F1: alert earlier.",
		"!action alert earlier by 2020-01-01": "2020-01-01 has passed; write a day to come, such as “by friday”, “by tomorrow” or “by 2026-12-01”.",
		"!decision":                           "Write it behind the mark: !decision what it is.",
		"!dceision roll back":                 "!dceision is no mark, so nothing was put on the timeline. If you meant !decision, send the message again with it.",
		"!acton":                              "!acton is no mark, so nothing was put on the timeline. If you meant !action, send the message again with it.",
		"!note seen":                          "",
		"!decisions are hard":                 "",
		"!deploy":                             "",
		"!not me":                             "",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			inWorld(t, func(t *testing.T, w *world) {
				w.writes(outsider, general, "checkout is down")
				before := len(w.answers)
				w.says(second, channelOf("INC-1"), text)
				if want == "" {
					require.Len(t, w.answers, before)
					return
				}
				to, said := w.lastAnswer()
				require.Equal(t, second, to)
				require.Equal(t, want, said)
			})
		})
	}
}

func TestAMessageIsRecordedWithoutItsLinkWhereTheChatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		w.writes(outsider, general, "checkout is down")
		w.down.chat = errors.New("no route to host")
		said := w.says(second, channelOf("INC-1"), "!decision roll back")
		require.Equal(t, []incident.Intent{incident.AddNote{
			Text: "roll back", At: w.messages[said].At, Decision: true, Quote: &incident.Quote{By: "handle.U02", Message: said},
		}}, w.intents)
	})
}

func TestTheShortcutAsksWhatAMessageIs(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		given map[string]string
		want  []string
	}{
		"a note":     {nil, []string{"Sample Responder: Second Responder said: the cache is cold"}},
		"a decision": {map[string]string{"as": "decision", "text": "We warm it."}, []string{"Sample Responder: Decision (Second Responder): We warm it."}},
		"work for later": {
			map[string]string{"as": "action", "text": "Warm the cache at deploys\nas search does", "owner": responder, "due": "2026-12-01"},
			[]string{"Sample Responder: Second Responder said: Warm the cache at deploys\nas search does", "Sample Responder: Follow-up F1: Warm the cache at deploys (responder@example.com), due 2026-12-01"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inWorld(t, func(t *testing.T, w *world) {
				w.writes(outsider, general, "checkout is down")
				said := w.says(second, channelOf("INC-1"), "the cache is cold")
				for range 2 {
					w.chooseShortcut(responder, said)
					require.Empty(t, w.fills(responder, "record", c.given))
				}
				require.Equal(t, c.want, w.told("INC-1")[1:])
			})
		})
	}
}

func TestTheShortcutAsksForTheIncidentWhereTheChannelHasNone(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		said := w.says(second, general, "customers are calling")
		w.chooseShortcut(responder, said)
		_, text := w.lastAnswer()
		require.Contains(t, text, "There is no open incident")
		w.writes(outsider, general, "checkout is down")
		w.writes(outsider, general, "search is down")
		w.chooseShortcut(responder, said)
		require.Empty(t, w.fills(responder, "record", map[string]string{"into": "INC-1"}))
		require.Equal(t, []string{"Sample Responder: Second Responder said: customers are calling"}, w.told("INC-1")[1:])
	})
}

func TestWhoIsInTheChannelIsKnown(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		w.writes(outsider, general, "checkout is down")
		come := func(by, channel string, left bool) {
			act := w.act(by, channel)
			act.Membership = &chat.Membership{Left: left}
			w.take(act)
		}
		come(responder, channelOf("INC-1"), false)
		come(responder, channelOf("INC-1"), false)
		come(outsider, channelOf("INC-1"), false)
		come(responder, channelOf("INC-1"), true)
		require.Equal(t, []incident.Person{{Name: "guest"}}, w.state("INC-1").Present)
		require.Len(t, w.told("INC-1"), 4)
	})
}

func TestWhoComesBeforeTheIncidentKnowsItsChannelIsNotMissed(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		w.noChannel = true
		w.writes(outsider, general, "checkout is down")
		act := w.act(responder, channelOf("INC-1"))
		act.Membership = &chat.Membership{}
		require.Error(t, w.cockpit.CarryOut(t.Context(), act), "it is to be carried out again")
		w.openChannel("INC-1")
		require.NoError(t, w.cockpit.CarryOut(t.Context(), act))
		require.Equal(t, []incident.Person{people[responder]}, w.state("INC-1").Present)

		elsewhere := w.act(responder, general)
		elsewhere.Membership = &chat.Membership{}
		kept := len(w.accepted)
		w.take(elsewhere)
		require.Len(t, w.accepted, kept, "no incident waits for a channel: it is none's")
		w.writes(outsider, general, "search is down")
		require.Error(t, w.cockpit.CarryOut(t.Context(), elsewhere))
		w.passes(time.Minute)
		require.NoError(t, w.cockpit.CarryOut(t.Context(), elsewhere), "in the end it was another channel")
	})
}

func TestTheTranscriptFollowsWhatIsSaid(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		w.writes(outsider, general, "checkout is down")
		in := channelOf("INC-1")
		ref := w.says(second, in, "it is the <#C9|deploys> one", func(m *chat.Message) { m.Thread = "1.1" })
		first := w.messages[ref]
		change := func(by string, change func(m *chat.Message)) time.Time {
			act := w.act(by, in)
			m := first
			change(&m)
			act.Message = &m
			w.take(act)
			return act.At
		}
		w.passes(time.Minute)
		edited := change(second, func(m *chat.Message) { m.Text, m.Edited = "!decision it is not", true })
		w.passes(time.Minute)
		deleted := change("", func(m *chat.Message) { m.Deleted = true })

		said := store.Said{Incident: "INC-1", Ref: ref, Thread: "1.1", Account: second, By: "Second Responder", At: first.At, Text: "it is the #deploys one", ChangedAt: first.At}
		after, gone := said, said
		after.Text, after.Edited, after.ChangedAt = "!decision it is not", true, edited
		gone.Text, gone.Deleted, gone.ChangedAt = "", true, deleted
		require.Empty(t, cmp.Diff([]store.Said{said, after, gone}, w.said))
		require.Empty(t, w.intents, "an edit marks nothing")
		require.Len(t, w.answers, 1, "and nobody is answered")
	}, func(o *cockpit.Options) { o.Transcript = true })
}

func TestWhatBotsChangeOfTheirMessagesIsNotKept(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		w.writes(outsider, general, "checkout is down")
		for _, m := range []chat.Message{{Text: "12% done", Edited: true}, {Deleted: true}} {
			m.Ref, m.By, m.At = incident.MessageRef{ChannelID: channelOf("INC-1"), ID: "1.1"}, chat.Account{ID: "B7", Name: "builds", Bot: true}, w.clock()
			act := w.act("", channelOf("INC-1"))
			act.Message = &m
			w.take(act)
		}
		require.Empty(t, w.said)
	}, func(o *cockpit.Options) { o.Transcript = true })
}

func TestWithoutATranscriptNothingThatIsSaidIsKept(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		w.writes(outsider, general, "checkout is down")
		kept := len(w.accepted)
		w.says(second, channelOf("INC-1"), "hello")
		require.Len(t, w.accepted, kept)
		require.Empty(t, w.said)
	})
}

func TestAnotherReactionAndCommandCanBeConfigured(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		w.writes(outsider, general, "checkout is down")
		said := w.says(second, channelOf("INC-1"), "hello")
		w.reacts(responder, said, "pushpin")
		require.Empty(t, w.intents)
		w.reacts(responder, said, "memo")
		require.Len(t, w.intents, 1)
		w.writes(responder, general, "help")
		_, text := w.lastAnswer()
		require.Contains(t, text, "/page-us declare")
	}, func(o *cockpit.Options) { o.RecordReaction, o.Command = "memo", "/page-us" })
}
