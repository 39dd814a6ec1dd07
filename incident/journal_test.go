package incident_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"muster/incident"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares with a file in testdata.
func golden(t *testing.T, name string, got []byte) []byte {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(path, got, 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs. It is what journals and workflow histories hold: a change must still read what is stored.\n%s", path, diff)
	}
	return want
}

func sampleEvents() []incident.Event {
	var events []incident.Event
	for i, f := range sampleFacts() {
		events = append(events, incident.Event{
			Incident: "INC-42", Seq: i + 1, At: noon.Add(time.Duration(i) * time.Second),
			Actor: responder, Source: "api", Cause: fmt.Sprintf("key-%d", i+1), Fact: f,
		})
	}
	return events
}

func sampleCommands() []incident.Command {
	var commands []incident.Command
	for _, i := range sampleIntents() {
		commands = append(commands, incident.Command{Incident: "INC-42", Key: "key-1", Actor: responder, Source: "api", Intent: i})
	}
	return commands
}

// lines writes one value on each line, as compact as it is stored.
func lines[T any](t *testing.T, values []T) []byte {
	t.Helper()
	var text bytes.Buffer
	for _, v := range values {
		line, err := json.Marshal(v)
		require.NoError(t, err)
		text.Write(append(line, '\n'))
	}
	return text.Bytes()
}

// read is the inverse of lines.
func read[T any](t *testing.T, text []byte) []T {
	t.Helper()
	var values []T
	for line := range bytes.Lines(text) {
		var v T
		require.NoError(t, json.Unmarshal(line, &v))
		values = append(values, v)
	}
	return values
}

func TestEveryKindOfEventHasASample(t *testing.T) {
	t.Parallel()
	sampled := make(map[incident.Kind]bool)
	for _, f := range sampleFacts() {
		sampled[f.Kind()] = true
	}
	for _, kind := range incident.Kinds() {
		require.True(t, sampled[kind], "add a sample of %q to sampleFacts", kind)
		delete(sampled, kind)
	}
	require.Empty(t, sampled, "not in the registry")
}

func TestEveryCommandHasASample(t *testing.T) {
	t.Parallel()
	var sampled []string
	for _, i := range sampleIntents() {
		sampled = append(sampled, i.Name())
	}
	slices.Sort(sampled)
	require.Equal(t, incident.Commands(), sampled, "sampleIntents and the registry differ")
}

func TestStoredEventsStayReadable(t *testing.T) {
	t.Parallel()
	stored := golden(t, "events.jsonl", lines(t, sampleEvents()))
	require.Empty(t, cmp.Diff(sampleEvents(), read[incident.Event](t, stored)))
}

func TestStoredCommandsStayReadable(t *testing.T) {
	t.Parallel()
	stored := golden(t, "commands.jsonl", lines(t, sampleCommands()))
	require.Empty(t, cmp.Diff(sampleCommands(), read[incident.Command](t, stored)))
}

// What stored events fold to is kept beside the number of the fold, so that nobody changes
// the one without the other.
func TestAChangeOfTheFoldHasANumber(t *testing.T) {
	t.Parallel()
	var s incident.State
	for i, e := range sampleEvents() {
		e.Seq = i + 1
		s = incident.Apply(s, e)
	}
	text, err := json.MarshalIndent(map[string]any{"fold_version": incident.FoldVersion, "state": s}, "", "  ")
	require.NoError(t, err)
	golden(t, "fold.json", append(text, '\n'))
}

func TestTheTimelineReadsAsTheGoldenFileSays(t *testing.T) {
	t.Parallel()
	var timeline strings.Builder
	for _, e := range sampleEvents() {
		fmt.Fprintf(&timeline, "%-18s %s\n", e.Kind(), e.Text())
	}
	golden(t, "timeline.txt", []byte(timeline.String()))
}

func TestAnEventOfANewerVersionIsKept(t *testing.T) {
	t.Parallel()
	const stored = `{"incident":"INC-42","seq":7,"at":"2026-03-10T12:00:00Z","kind":"moon_landed","actor":{"kind":"muster","name":"Muster"},"data":{"site":[1,2]}}`
	var e incident.Event
	require.NoError(t, json.Unmarshal([]byte(stored), &e))
	require.Equal(t, incident.Kind("moon_landed"), e.Kind())
	require.Contains(t, e.Text(), "moon_landed")
	require.False(t, incident.KnownKind(e.Kind()))
	require.True(t, incident.KnownKind("note_added"))
	text, err := json.Marshal(e)
	require.NoError(t, err)
	require.Equal(t, stored, string(text))

	before := incident.Fold(play(t).events)
	before.Seq, before.At = 6, noon.Add(-time.Hour)
	after := incident.Apply(before, e)
	require.Equal(t, 7, after.Seq)
	after.Seq, after.At = before.Seq, before.At
	require.Empty(t, cmp.Diff(before, after), "it changes nothing else")
}

func TestBrokenJSONIsRefused(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ text, says string }{
		"an event that is no object":            {`[]`, "cannot unmarshal"},
		"an event without a kind":               {`{"incident":"INC-1","seq":1}`, "no kind"},
		"a payload that does not fit its kind":  {`{"kind":"note_added","data":{"text":7}}`, "payload of note_added"},
		"a payload that is missing":             {`{"kind":"note_added"}`, "payload of note_added"},
		"a moment that is none":                 {`{"kind":"note_added","at":"noon","data":{}}`, "noon"},
		"an old payload with a field not known": {`{"kind":"note_added","data":{"text":"x","more":1}}`, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := json.Unmarshal([]byte(c.text), new(incident.Event))
			if c.says == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, c.says)
		})
	}
	t.Run("a command of no known name", func(t *testing.T) {
		t.Parallel()
		var invalid *incident.InvalidError
		require.ErrorAs(t, json.Unmarshal([]byte(`{"command":"dance"}`), new(incident.Command)), &invalid)
		require.Equal(t, "command", invalid.Field)
	})
	t.Run("a command whose payload does not fit", func(t *testing.T) {
		t.Parallel()
		require.ErrorContains(t, json.Unmarshal([]byte(`{"command":"add_note","data":[]}`), new(incident.Command)), "command add_note")
		require.Error(t, json.Unmarshal([]byte(`7`), new(incident.Command)))
	})
	t.Run("an event or a command without content is not written", func(t *testing.T) {
		t.Parallel()
		_, err := json.Marshal(incident.Event{Incident: "INC-1", Seq: 3})
		require.ErrorContains(t, err, "INC-1/3 has no fact")
		_, err = json.Marshal(incident.Command{Incident: "INC-1"})
		require.ErrorContains(t, err, "no intent")
		_, err = json.Marshal(incident.Command{Intent: incident.AddNote{At: noon.AddDate(9000, 0, 0)}})
		require.ErrorContains(t, err, "add_note")
		_, err = json.Marshal(incident.Event{Fact: incident.NoteAdded{HappenedAt: noon.AddDate(9000, 0, 0)}})
		require.ErrorContains(t, err, "note_added")
	})
}

func FuzzEventJSON(f *testing.F) {
	for _, e := range sampleEvents() {
		text, err := json.Marshal(e)
		require.NoError(f, err)
		f.Add(text)
	}
	f.Add([]byte(`{"kind":"moon_landed"}`))
	f.Add([]byte(`{"kind":"postmortem_drafted","data":null}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var e incident.Event
		if json.Unmarshal(text, &e) != nil {
			return
		}
		_ = e.Text() // must not panic; any sentence will do
		written, err := json.Marshal(e)
		require.NoError(t, err, "what could be read can be written")
		var again incident.Event
		require.NoError(t, json.Unmarshal(written, &again))
		rewritten, err := json.Marshal(again)
		require.NoError(t, err)
		require.True(t, bytes.Equal(written, rewritten), "%s\n%s", written, rewritten)
		incident.Fold([]incident.Event{e, again})
	})
}

func FuzzParseID(f *testing.F) {
	for _, text := range []string{"INC-42", "inc-42", "42", " INC-7 ", "INC-", "INC--1", "+5", "0", "9223372036854775808", "INC-INC-1"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		id, err := incident.ParseID(text)
		if err != nil {
			require.Empty(t, id)
			return
		}
		require.Positive(t, id.Number())
		require.Equal(t, incident.NewID(id.Number()), id)
		again, err := incident.ParseID(string(id))
		require.NoError(t, err)
		require.Equal(t, id, again)
	})
}
