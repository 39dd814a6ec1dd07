package archive_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/store"
	"muster/store/archive"
	"muster/store/storetest"
)

// noon is when the tests export.
var noon = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

func export(t *testing.T, s *store.Store) string {
	t.Helper()
	var text bytes.Buffer
	_, err := archive.Export(t.Context(), s, &text, archive.Origin{Muster: "1.2.3", At: noon}, nil)
	require.NoError(t, err)
	return text.String()
}

// load imports into a new database of a kind and opens it as the next process does.
func load(t *testing.T, b storetest.Backend, text string) *store.Store {
	t.Helper()
	options := b.Fresh(t)
	s, err := store.Open(t.Context(), options)
	require.NoError(t, err)
	_, err = archive.Import(t.Context(), s, strings.NewReader(text), nil)
	require.NoError(t, errors.Join(err, s.Close()))
	return storetest.Open(t, options)
}

// records is an archive without its first and last line.
func records(text string) string {
	_, text, _ = strings.Cut(text, "\n")
	return text[:strings.LastIndex(strings.TrimSuffix(text, "\n"), "\n")+1]
}

func TestAnArchiveOfWhatAnArchiveWasReadIntoIsTheSame(t *testing.T) {
	t.Parallel()
	for _, from := range backends() {
		for _, to := range backends() {
			t.Run(fmt.Sprintf("from %s to %s and back", from.Name, to.Name), func(t *testing.T) {
				t.Parallel()
				first := inhabited(t, from)
				text := export(t, first)
				second := load(t, to, text)
				require.Equal(t, records(text), records(export(t, second)))
				requireSame(t, first, second)
				third := load(t, from, export(t, second))
				require.Equal(t, text, export(t, third), "header and checksum included")
				requireSame(t, first, third)
			})
		}
	}
}

// requireSame compares what two stores answer.
func requireSame(t *testing.T, want, got *store.Store) {
	t.Helper()
	require.Equal(t, want.Installation(), got.Installation())
	both := func(what string, read func(s *store.Store) (any, error)) {
		t.Helper()
		w, err := read(want)
		require.NoError(t, err, what)
		g, err := read(got)
		require.NoError(t, err, what)
		require.Equal(t, asJSON(t, w), asJSON(t, g), what)
	}
	both("the list", func(s *store.Store) (any, error) {
		page, _, err := s.Incidents(t.Context(), store.Filter{})
		return page, err
	})
	both("a search", func(s *store.Store) (any, error) {
		page, _, err := s.Incidents(t.Context(), store.Filter{Query: "checkout"})
		return page, err
	})
	both("what is unfinished", func(s *store.Store) (any, error) { return s.Unfinished(t.Context(), "", 0) })
	both("open follow-ups", func(s *store.Store) (any, error) { return s.OpenFollowups(t.Context()) })
	both("merges", func(s *store.Store) (any, error) { return s.Merges(t.Context()) })
	both("what is pending", func(s *store.Store) (any, error) { return s.Pending(t.Context(), 0, 0) })
	both("what was sent", func(s *store.Store) (any, error) { return s.Unrecorded(t.Context()) })
	both("the inbox", func(s *store.Store) (any, error) { return s.InboxStatus(t.Context()) })
	for _, id := range []incident.ID{"INC-1", "INC-2", "INC-3", "INC-4"} {
		both(string(id), func(s *store.Store) (any, error) { return s.Incident(t.Context(), id) })
		both("journal of "+string(id), func(s *store.Store) (any, error) { return s.Journal(t.Context(), id) })
		both("alerts of "+string(id), func(s *store.Store) (any, error) { return s.Alerts(t.Context(), id, 0, 0) })
		both("transcript of "+string(id), func(s *store.Store) (any, error) { return s.Transcript(t.Context(), id, incident.MessageRef{}, 0) })
		both("followers of "+string(id), func(s *store.Store) (any, error) {
			state, err := s.Incident(t.Context(), id)
			if err != nil {
				return nil, err
			}
			return s.Followers(t.Context(), state)
		})
		both("life of "+string(id), func(s *store.Store) (any, error) { return s.Life(t.Context(), id) })
	}
}

func asJSON(t *testing.T, value any) string {
	t.Helper()
	text, err := json.MarshalIndent(value, "", " ")
	require.NoError(t, err)
	return string(text)
}

func TestWhatWasGivenOutIsNotGivenOutAgain(t *testing.T) {
	t.Parallel()
	for _, b := range backends() {
		t.Run(b.Name, func(t *testing.T) {
			t.Parallel()
			first := inhabited(t, b)
			_, err := first.Prune(t.Context(), time.Now().Add(time.Hour))
			require.NoError(t, err)
			second := load(t, b, export(t, first))
			id, fresh, err := second.NewIncident(t.Context(), "key-of-inc-6", "digest")
			require.NoError(t, err)
			require.False(t, fresh, "a declaration that is repeated stays one")
			require.Equal(t, incident.ID("INC-6"), id)
			id, _, err = second.NewIncident(t.Context(), "", "")
			require.NoError(t, err)
			require.Equal(t, incident.ID("INC-7"), id)
			accept(t, first, "g9", "in the first")
			accept(t, second, "g9", "in the second")
			ids := func(s *store.Store) int64 {
				items, err := s.Pending(t.Context(), 0, 0)
				require.NoError(t, err)
				return items[len(items)-1].ID
			}
			require.Equal(t, ids(first), ids(second), "a workflow remembers the items it was handed")
		})
	}
}

func TestOnlyAnEmptyDatabaseIsImportedInto(t *testing.T) {
	t.Parallel()
	for _, b := range backends() {
		t.Run(b.Name, func(t *testing.T) {
			t.Parallel()
			text := export(t, inhabited(t, b))
			for name, inhabit := range map[string]func(s *store.Store){
				"an alert that was accepted": func(s *store.Store) { accept(t, s, "g", "a") },
				"a number that was given out": func(s *store.Store) {
					_, _, err := s.NewIncident(t.Context(), "", "")
					require.NoError(t, err)
				},
			} {
				s := storetest.Open(t, b.Fresh(t))
				inhabit(s)
				before := export(t, s)
				_, err := archive.Import(t.Context(), s, strings.NewReader(text), nil)
				require.ErrorIs(t, err, store.ErrNotEmpty, name)
				require.Equal(t, before, export(t, s))
			}
		})
	}
}

func TestNothingIsImportedOfAFileThatIsNotWhole(t *testing.T) {
	t.Parallel()
	b := backends()[0]
	text := export(t, inhabited(t, b))
	lines := strings.SplitAfter(text, "\n")
	at := func(kind string) int {
		for i, line := range lines {
			if strings.HasPrefix(line, `{"record":"`+kind+`"`) {
				return i
			}
		}
		require.FailNow(t, "no record of the kind "+kind)
		return 0
	}
	without := func(i int) string { return strings.Join(lines[:i], "") + strings.Join(lines[i+1:], "") }
	replaced := func(i int, line string) string {
		return strings.Join(lines[:i], "") + line + strings.Join(lines[i+1:], "")
	}
	edited := func(i int, old, new string) string { return replaced(i, strings.Replace(lines[i], old, new, 1)) }
	event := at("event")
	for _, test := range []struct{ name, text, says string }{
		{"nothing at all", "", "line 1: this is not an archive of Muster"},
		{"something else", "services:\n  - name: checkout\n", "line 1: this is not an archive of Muster"},
		{"another header", `{"record":"header","format":"tar","version":1}` + "\n", "line 1: this is not an archive of Muster"},
		{"a version to come", edited(0, `"version":1`, `"version":2`), "version 2 of the format, this muster reads versions up to 1"},
		{"no installation", edited(0, `"installation":"`, `"installation":"x`), "is not the id of an installation"},
		{"its last line cut off", without(len(lines) - 2), "it was cut"},
		{"a cut in the middle of a line", text[:len(text)/2], "it was cut"},
		{"a cut at the end of a line", strings.Join(lines[:event+1], ""), "it was cut"},
		{"a line that is missing", without(at("incident_key")), "the checksum is wrong"},
		{"an event that is missing", without(event + 1), "event 3 was appended where event 2 is due"},
		{"a journal without its beginning", without(event), "event 2 was appended where event 1 is due"},
		{"a word that was changed", edited(event, "Checkout", "Checkin!"), "the checksum is wrong"},
		{"a line that is no JSON", replaced(event, "{\n"), fmt.Sprintf("line %d: it is not a JSON object", event+1)},
		{"an event that is none", edited(event, `"seq":1`, `"seq":"one"`), `this is no record of the kind "event"`},
		{"a kind that nobody knows", replaced(event, `{"record":"secret","of":"the future"}`+"\n"), `knows no record of the kind "secret"`},
		{"journals out of order", strings.Join(lines[:at("incident_key")], "") + lines[event] + strings.Join(lines[at("incident_key"):], ""), "in order and in one piece"},
		{"counters that come late", strings.Join(lines[:1], "") + lines[event], "above the last one"},
		{"something behind the end", text + lines[1], "goes on behind its end"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for _, b := range backends() {
				s := storetest.Open(t, b.Fresh(t))
				before := export(t, s)
				_, err := archive.Import(t.Context(), s, strings.NewReader(test.text), nil)
				require.ErrorContains(t, err, test.says)
				require.NotContains(t, err.Error(), "\n", "one thing is wrong with it")
				require.Equal(t, before, export(t, s), "the database is as it was")
			}
		})
	}
}

func TestWhatAReaderDoesNotKnowWithinARecordIsIgnored(t *testing.T) {
	t.Parallel()
	b := backends()[0]
	text := export(t, inhabited(t, b))
	lines := strings.SplitAfter(text, "\n")
	for i, line := range lines[:len(lines)-2] {
		lines[i] = strings.Replace(line, `",`, `","of_the_future":{"a":[1]},`, 1)
	}
	s := load(t, b, sealed(t, lines[:len(lines)-2]))
	require.Equal(t, text, export(t, s))
}

// sealed ends an archive as it must end.
func sealed(t *testing.T, lines []string) string {
	t.Helper()
	counts := map[string]int{}
	for _, line := range lines[1:] {
		var named struct{ Record string }
		require.NoError(t, json.Unmarshal([]byte(line), &named))
		counts[named.Record]++
	}
	text := strings.Join(lines, "")
	sum := sha256.Sum256([]byte(text))
	end, err := json.Marshal(map[string]any{"record": "end", "counts": counts, "sha256": hex.EncodeToString(sum[:])})
	require.NoError(t, err)
	return text + string(end) + "\n"
}

func TestAnErrorOfTheReaderOrTheWriterIsReturned(t *testing.T) {
	t.Parallel()
	b := backends()[0]
	s := inhabited(t, b)
	broken := errors.New("the disk is full")
	_, err := archive.Export(t.Context(), s, failing{after: 100, err: broken}, archive.Origin{At: noon}, nil)
	require.ErrorIs(t, err, broken)
	text := export(t, s)
	empty := storetest.Open(t, b.Fresh(t))
	_, err = archive.Import(t.Context(), empty, io.MultiReader(strings.NewReader(text[:len(text)/2]), failing{err: broken}), nil)
	require.ErrorIs(t, err, broken)
	_, err = archive.Import(t.Context(), empty, strings.NewReader(text), nil)
	require.NoError(t, err, "after a failure it can be tried again from the beginning")
}

// failing takes some bytes and then fails.
type failing struct {
	after int
	err   error
}

func (f failing) Write(text []byte) (int, error) { return min(len(text), f.after), f.err }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestProgressCountsEveryRecord(t *testing.T) {
	t.Parallel()
	b := backends()[0]
	var text bytes.Buffer
	last := 0
	count := func(records int) { require.Equal(t, last+1, records); last = records }
	out, err := archive.Export(t.Context(), inhabited(t, b), &text, archive.Origin{Muster: "1.2.3", At: noon}, count)
	require.NoError(t, err)
	require.Equal(t, out.Records(), last)
	last = 0
	in, err := archive.Import(t.Context(), storetest.Open(t, b.Fresh(t)), &text, count)
	require.NoError(t, err)
	require.Equal(t, out, in)
	require.Equal(t, out.Records(), last)
	require.Equal(t, "1.2.3", in.Header.Muster)
	require.Equal(t, noon, in.Header.ExportedAt)
}

func FuzzImport(f *testing.F) {
	b := backends()[0]
	s, err := store.Open(f.Context(), b.Fresh(f))
	require.NoError(f, err)
	f.Cleanup(func() { require.NoError(f, s.Close()) })
	for _, seed := range []string{
		"", "{}\n", `{"record":"header","format":"muster-archive","version":1,"installation":"cad6d1c7"}` + "\n",
		`{"record":"header","format":"muster-archive","version":1,"installation":"cad6d1c7"}` + "\n" +
			`{"record":"counters","last_incident":1,"last_item":1}` + "\n" +
			`{"record":"event","incident":"INC-1","seq":1,"at":"2026-03-10T12:00:00Z","kind":"declared","actor":{"kind":"person","name":"x"},"data":{"title":"x"}}` + "\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		// Whatever a file says, without the right checksum nothing of it is kept.
		_, err := archive.Import(t.Context(), s, bytes.NewReader(text), nil)
		require.Error(t, err)
		found, _, err := s.Incidents(t.Context(), store.Filter{})
		require.NoError(t, err)
		require.Empty(t, found)
	})
}
