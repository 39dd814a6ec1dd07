package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/store"
)

// openChannel is the channel of an incident being opened.
func openChannel(id string) incident.Intent {
	return incident.FinishStep{
		Step: "channel", Hook: "channel", Title: "Open the channel", Outcome: incident.Outcome{Channel: &incident.Channel{ID: id, Name: "inc"}},
	}
}

func runChannels(t *testing.T, b Backend) {
	runAll(t, b, []test{
		{"a channel leads to its incident", func(t *testing.T, s *store.Store) {
			declared(t, s, incident.Declare{}, openChannel("C1"))
			second := declared(t, s, incident.Declare{}, openChannel("C2"))
			id, err := s.IncidentOfChannel(t.Context(), "C2")
			require.NoError(t, err)
			require.Equal(t, second.state.ID, id)
		}},
		{"of several it is the newest that has not ended, or else the newest", func(t *testing.T, s *store.Store) {
			ended := declared(t, s, incident.Declare{}, openChannel("C1"), incident.Cancel{})
			open := declared(t, s, incident.Declare{}, openChannel("C1"))
			later := declared(t, s, incident.Declare{}, openChannel("C1"), incident.Cancel{})
			id, err := s.IncidentOfChannel(t.Context(), "C1")
			require.NoError(t, err)
			require.Equal(t, open.state.ID, id)
			open.do(incident.Cancel{})
			open.store(s)
			id, err = s.IncidentOfChannel(t.Context(), "C1")
			require.NoError(t, err)
			require.Equal(t, later.state.ID, id)
			require.NotEqual(t, ended.state.ID, id)
		}},
		{"an exercise takes no channel from what is real", func(t *testing.T, s *store.Store) {
			earlier := declared(t, s, incident.Declare{}, openChannel("C1"))
			declared(t, s, incident.Declare{Exercise: &incident.Exercise{Channel: "C1"}}, openChannel("C1"))
			id, err := s.IncidentOfChannel(t.Context(), "C1")
			require.NoError(t, err)
			require.Equal(t, earlier.state.ID, id)
		}},
		{"an exercise that has ended leaves its channel to others", func(t *testing.T, s *store.Store) {
			exercise := declared(t, s, incident.Declare{Exercise: &incident.Exercise{Channel: "drills"}}, openChannel("C1"))
			id, err := s.IncidentOfChannel(t.Context(), "C1")
			require.NoError(t, err)
			require.Equal(t, exercise.state.ID, id)
			exercise.do(incident.Cancel{})
			exercise.store(s)
			_, err = s.IncidentOfChannel(t.Context(), "C1")
			require.ErrorIs(t, err, store.ErrNotFound)
		}},
		{"a channel that is no incident's is not found", func(t *testing.T, s *store.Store) {
			declared(t, s, incident.Declare{})
			for _, channel := range []string{"C9", ""} {
				_, err := s.IncidentOfChannel(t.Context(), channel)
				require.ErrorIs(t, err, store.ErrNotFound)
			}
			_, err := s.IncidentOfChannel(t.Context(), "C\x00")
			requireInvalid(t, err, "channel")
		}},
	})
}

func runTranscripts(t *testing.T, b Backend) {
	at := func(seconds int) time.Time { return start.Add(time.Duration(seconds) * time.Second) }
	message := func(id incident.ID, ref string, seconds int) store.Said {
		return store.Said{
			Incident: id, Ref: incident.MessageRef{ChannelID: "C1", ID: ref, URL: "https://chat.example.com/" + ref}, Account: "U1", By: "Sample Responder",
			At: at(seconds), ChangedAt: at(seconds), Text: "the text of " + ref,
		}
	}
	edited := func(m store.Said, seconds int, text string) store.Said {
		m.Edited, m.Text, m.ChangedAt = true, text, at(seconds)
		return m
	}
	deleted := func(m store.Said, seconds int) store.Said {
		m.Deleted, m.ChangedAt = true, at(seconds)
		return m
	}
	keep := func(t *testing.T, s *store.Store, said ...store.Said) {
		t.Helper()
		for _, m := range said {
			require.NoError(t, s.KeepSaid(t.Context(), m))
		}
	}
	all := func(t *testing.T, s *store.Store, id incident.ID) []store.Said {
		t.Helper()
		said, err := s.Transcript(t.Context(), id, incident.MessageRef{}, 0)
		require.NoError(t, err)
		return said
	}
	runAll(t, b, []test{
		{"what was said is kept as it was said, in the order in which it was", func(t *testing.T, s *store.Store) {
			id := declared(t, s, incident.Declare{}).state.ID
			first, second := message(id, "1", 1), message(id, "2", 2)
			second.Thread, second.Files = "1", []incident.File{{Name: "graph.png", MediaType: "image/png", URL: "https://chat.example.com/graph.png"}}
			keep(t, s, second, first)
			require.Empty(t, cmp.Diff([]store.Said{first, second}, all(t, s, id)))
			keep(t, s, first, second)
			require.Empty(t, cmp.Diff([]store.Said{first, second}, all(t, s, id)), "repeating changes nothing")
		}},
		{"an edit replaces the text and nothing else", func(t *testing.T, s *store.Store) {
			id := declared(t, s, incident.Declare{}).state.ID
			m := message(id, "1", 1)
			by := edited(m, 2, "mended")
			by.By, by.At, by.Thread = "somebody else", at(9), "another"
			keep(t, s, m, by)
			require.Empty(t, cmp.Diff([]store.Said{edited(m, 2, "mended")}, all(t, s, id)))
		}},
		{"whatever order they are told in, the latest edit counts, and the original counts no more", func(t *testing.T, s *store.Store) {
			id := declared(t, s, incident.Declare{}).state.ID
			m := message(id, "1", 5)
			// A chat may give the second in which it was edited, which begins before the message.
			keep(t, s, edited(m, 4, "first"), m)
			require.Equal(t, "first", all(t, s, id)[0].Text)
			keep(t, s, edited(m, 8, "third"), edited(m, 7, "second"), m)
			require.Empty(t, cmp.Diff([]store.Said{edited(m, 8, "third")}, all(t, s, id)))
		}},
		{"a deletion is final, and leaves no text", func(t *testing.T, s *store.Store) {
			id := declared(t, s, incident.Declare{}).state.ID
			m := message(id, "1", 1)
			m.Files = []incident.File{{Name: "graph.png", URL: "https://chat.example.com/graph.png"}}
			keep(t, s, deleted(m, 3), m, edited(m, 9, "late"))
			want := deleted(m, 3)
			want.Text, want.Files = "", nil
			require.Empty(t, cmp.Diff([]store.Said{want}, all(t, s, id)))
		}},
		{"the same id in another channel is another message", func(t *testing.T, s *store.Store) {
			id := declared(t, s, incident.Declare{}).state.ID
			first, second := message(id, "1", 1), message(id, "1", 1)
			second.Ref.ChannelID = "C2"
			keep(t, s, second, first)
			require.Empty(t, cmp.Diff([]store.Said{first, second}, all(t, s, id)))
		}},
		{"a transcript comes in pages, and its end alone", func(t *testing.T, s *store.Store) {
			other, id := declared(t, s, incident.Declare{}).state.ID, declared(t, s, incident.Declare{}).state.ID
			elsewhere := message(other, "0", 2)
			keep(t, s, elsewhere)
			var want []store.Said
			for i := range 5 {
				// Two at the same time.
				want = append(want, message(id, fmt.Sprint(i+1), i/2))
			}
			keep(t, s, want...)
			var got []store.Said
			for after := (incident.MessageRef{}); ; after = got[len(got)-1].Ref {
				page, err := s.Transcript(t.Context(), id, after, 2)
				require.NoError(t, err)
				if len(page) == 0 {
					break
				}
				got = append(got, page...)
			}
			require.Empty(t, cmp.Diff(want, got))
			last, err := s.LastSaid(t.Context(), id, 2)
			require.NoError(t, err)
			require.Empty(t, cmp.Diff(want[3:], last))
			_, err = s.Transcript(t.Context(), id, elsewhere.Ref, 0)
			requireInvalid(t, err, "after")
			_, err = s.Transcript(t.Context(), id, incident.MessageRef{}, store.MaxSaid+1)
			requireInvalid(t, err, "limit")
		}},
		{"text that no database takes is kept as near as can be", func(t *testing.T, s *store.Store) {
			id := declared(t, s, incident.Declare{}).state.ID
			m := message(id, "1", 1)
			m.Text, m.By = "nul \x00 and \xff", "by \x00"
			keep(t, s, m)
			require.Equal(t, "nul \uFFFD and \uFFFD", all(t, s, id)[0].Text)
		}},
		{"a message without channel, id or time, or of no incident, is refused", func(t *testing.T, s *store.Store) {
			id := declared(t, s, incident.Declare{}).state.ID
			for field, spoil := range map[string]func(*store.Said){
				"ref":      func(m *store.Said) { m.Ref.ID = "" },
				"at":       func(m *store.Said) { m.ChangedAt = time.Time{} },
				"account":  func(m *store.Said) { m.Account = "\x00" },
				"incident": func(m *store.Said) { m.Incident = "everything" },
			} {
				m := message(id, "1", 1)
				spoil(&m)
				requireInvalid(t, s.KeepSaid(t.Context(), m), field)
			}
			require.ErrorIs(t, s.KeepSaid(t.Context(), message("INC-99", "1", 1)), store.ErrNotFound)
			require.Empty(t, all(t, s, id))
		}},
		{"who watches the incident hears of what was said, once", func(t *testing.T, s *store.Store) {
			id := declared(t, s, incident.Declare{}, incident.AddNote{Text: "a note"}).state.ID
			changes, cancel := s.Subscribe(id)
			defer cancel()
			keep(t, s, message(id, "1", 1))
			require.Equal(t, store.Change{Incident: id, Seq: 2}, <-changes)
			keep(t, s, message(id, "1", 1), message(id, "2", 2))
			require.Equal(t, store.Change{Incident: id, Seq: 2}, <-changes)
			select {
			case c := <-changes:
				t.Fatalf("the repetition was told as %v", c)
			default:
			}
		}},
	})
}

func runFollows(t *testing.T, b Backend) {
	follow := func(account string, kind store.FollowKind, name string) store.Follow {
		return store.Follow{
			Account: account, Person: incident.Person{Name: "Sample " + account, Email: account + "@example.com"}, Kind: kind, Name: name, Since: start,
		}
	}
	accounts := func(t *testing.T, s *store.Store, state incident.State) []string {
		t.Helper()
		follows, err := s.Followers(t.Context(), state)
		require.NoError(t, err)
		var accounts []string
		for _, f := range follows {
			accounts = append(accounts, f.Account)
		}
		return accounts
	}
	runAll(t, b, []test{
		{"somebody follows what they said, until they stop", func(t *testing.T, s *store.Store) {
			service, severity := follow("u1", store.FollowService, "checkout"), follow("u1", store.FollowSeverity, "SEV1")
			for _, f := range []store.Follow{severity, service, follow("u2", store.FollowAll, ""), service} {
				require.NoError(t, s.Follow(t.Context(), f))
			}
			got, err := s.FollowsOf(t.Context(), "u1")
			require.NoError(t, err)
			require.Empty(t, cmp.Diff([]store.Follow{service, severity}, got))
			for range 2 {
				require.NoError(t, s.Unfollow(t.Context(), severity))
			}
			got, err = s.FollowsOf(t.Context(), "u1")
			require.NoError(t, err)
			require.Empty(t, cmp.Diff([]store.Follow{service}, got))
		}},
		{"who they are is as it was said last, and since when as it was said first", func(t *testing.T, s *store.Store) {
			f := follow("u1", store.FollowAll, "")
			require.NoError(t, s.Follow(t.Context(), f))
			f.Person, f.Since = incident.Person{Name: "Renamed"}, start.Add(time.Hour)
			require.NoError(t, s.Follow(t.Context(), f))
			got, err := s.FollowsOf(t.Context(), "u1")
			require.NoError(t, err)
			f.Since = start
			require.Empty(t, cmp.Diff([]store.Follow{f}, got))
		}},
		{"an incident is followed by who follows it, its service, its severity or all", func(t *testing.T, s *store.Store) {
			st := declared(t, s, incident.Declare{})
			for _, f := range []store.Follow{
				follow("1-incident", store.FollowIncident, string(st.state.ID)), follow("2-service", store.FollowService, "Checkout"),
				follow("3-severity", store.FollowSeverity, "SEV2"), follow("4-milder", store.FollowSeverity, "SEV3"), follow("5-all", store.FollowAll, ""),
				follow("other", store.FollowIncident, "INC-999"), follow("other", store.FollowService, "search"),
				follow("other", store.FollowSeverity, "SEV1"), follow("other", store.FollowSeverity, "unknown"),
			} {
				require.NoError(t, s.Follow(t.Context(), f))
			}
			require.Equal(t, []string{"1-incident", "2-service", "3-severity", "4-milder", "5-all"}, accounts(t, s, st.state))
		}},
		{"of a restricted incident only they hear who follow just that", func(t *testing.T, s *store.Store) {
			st := declared(t, s, incident.Declare{})
			for _, f := range []store.Follow{
				follow("1-incident", store.FollowIncident, string(st.state.ID)), follow("2-service", store.FollowService, "checkout"),
				follow("3-severity", store.FollowSeverity, "SEV2"), follow("4-absorbed", store.FollowIncident, "INC-999"), follow("5-all", store.FollowAll, ""),
			} {
				require.NoError(t, s.Follow(t.Context(), f))
			}
			st.state.Channel.Private, st.state.Absorbed = true, []incident.ID{"INC-999"}
			require.Equal(t, []string{"1-incident"}, accounts(t, s, st.state))
			st.state.Channel, st.state.PrivatePlanned = incident.Channel{}, true
			require.Equal(t, []string{"1-incident"}, accounts(t, s, st.state), "its private channel is not there yet")
		}},
		{"who follows for several reasons is told once, for the narrowest", func(t *testing.T, s *store.Store) {
			st := declared(t, s, incident.Declare{})
			for _, f := range []store.Follow{follow("u1", store.FollowAll, ""), follow("u1", store.FollowIncident, string(st.state.ID)), follow("u1", store.FollowService, "checkout")} {
				require.NoError(t, s.Follow(t.Context(), f))
			}
			follows, err := s.Followers(t.Context(), st.state)
			require.NoError(t, err)
			require.Len(t, follows, 1)
			require.Equal(t, store.FollowIncident, follows[0].Kind)
		}},
		{"who follows an incident hears of the one that it was merged into", func(t *testing.T, s *store.Store) {
			survivor, merged := declared(t, s, incident.Declare{}), declared(t, s, incident.Declare{})
			require.NoError(t, s.Follow(t.Context(), follow("u1", store.FollowIncident, string(merged.state.ID))))
			require.Empty(t, accounts(t, s, survivor.state))
			survivor.do(incident.Absorb{From: merged.state.ID})
			require.Equal(t, []string{"u1"}, accounts(t, s, survivor.state))
		}},
		{"what cannot be followed is refused", func(t *testing.T, s *store.Store) {
			for field, f := range map[string]store.Follow{
				"kind":     follow("u1", "weather", "rain"),
				"account":  follow("", store.FollowAll, ""),
				"name":     follow("u1", store.FollowService, ""),
				"incident": follow("u1", store.FollowIncident, "everything"),
			} {
				requireInvalid(t, s.Follow(t.Context(), f), field)
			}
			requireInvalid(t, s.Follow(t.Context(), follow("u1", store.FollowAll, "of them")), "name")
			requireInvalid(t, s.Unfollow(t.Context(), follow("u1", store.FollowService, "")), "name")
		}},
	})
}
