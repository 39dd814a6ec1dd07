package incident

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Kind names a kind of event: "severity_changed". Kinds are stored for ever, so a
// kind is never renamed or given another meaning.
type Kind string

// Fact is the payload of an event: what happened, in the past tense. The set is
// closed; the types are in the files fact_*.go.
type Fact interface {
	// Kind is the fact's name in the journal.
	Kind() Kind
	// Text is the sentence people read in the timeline, without time and actor.
	Text() string
	// apply changes s as the fact says. It must not fail, and must not change
	// anything that s shares with other states: slices are replaced, not written to.
	apply(s *State, e Event)
}

// Event is one entry of an incident's timeline.
type Event struct {
	Incident ID
	// Seq numbers the incident's events from 1 without gaps.
	Seq int
	// At is when it was decided, in UTC, to the microsecond; it never runs backwards
	// within an incident.
	At    time.Time
	Actor Actor
	// Source is the way it came in: "api", "page", "alertmanager", "playbook".
	Source string
	// Cause is the key of the command that led to it; empty where nobody asked.
	Cause string
	Fact  Fact
}

// Kind is the kind of the event's fact.
func (e Event) Kind() Kind { return e.Fact.Kind() }

// Text is the sentence people read in the timeline.
func (e Event) Text() string { return e.Fact.Text() }

// Idle says that it tells of a reaction that had nothing to do. The journal needs it, since the
// reaction is settled by it; people need not read it.
func (e Event) Idle() bool {
	done, ok := e.Fact.(StepCompleted)
	return ok && done.Idle
}

// Brief returns the event without what only the fold needs: its text stays (of a long
// alert, its beginning), the alerts themselves do not. It keeps small what is carried along
// until it has been answered.
func (e Event) Brief() Event {
	switch f := e.Fact.(type) {
	case AlertsFired:
		e.Fact = briefReport(f.Alerts, f.Crowd)
	case AlertsResolved:
		e.Fact = AlertsResolved(briefReport(f.Alerts, f.Crowd))
	case IncidentAbsorbed:
		e.Fact = IncidentAbsorbed{From: f.From, Title: f.Title, People: f.People}
	}
	return e
}

// briefReport keeps the first alert and counts the others.
func briefReport(alerts []Alert, crowd map[string]int) AlertsFired {
	if len(alerts) == 0 {
		return AlertsFired{Crowd: crowd}
	}
	brief := AlertsFired{Alerts: []Alert{alerts[0].inBrief()}}
	others := len(alerts) - 1
	for _, name := range sortedNames(crowd) {
		others += crowd[name]
	}
	if others > 0 {
		brief.Crowd = map[string]int{OtherAlerts: others}
	}
	return brief
}

type eventJSON struct {
	Incident ID              `json:"incident"`
	Seq      int             `json:"seq"`
	At       time.Time       `json:"at"`
	Kind     Kind            `json:"kind"`
	Actor    Actor           `json:"actor"`
	Source   string          `json:"source,omitzero"`
	Cause    string          `json:"cause,omitzero"`
	Data     json.RawMessage `json:"data"`
}

// MarshalJSON writes the event with its kind beside the payload.
func (e Event) MarshalJSON() ([]byte, error) {
	if e.Fact == nil {
		return nil, fmt.Errorf("event %s/%d has no fact", e.Incident, e.Seq)
	}
	data, err := json.Marshal(e.Fact)
	if err != nil {
		return nil, fmt.Errorf("event %s/%d (%s): %w", e.Incident, e.Seq, e.Kind(), err)
	}
	return json.Marshal(eventJSON{e.Incident, e.Seq, e.At, e.Kind(), e.Actor, e.Source, e.Cause, data})
}

// UnmarshalJSON reads what MarshalJSON wrote. A kind that this version does not know
// becomes an [UnknownFact], so that an older Muster can still show a newer journal.
func (e *Event) UnmarshalJSON(text []byte) error {
	var raw eventJSON
	if err := json.Unmarshal(text, &raw); err != nil {
		return err
	}
	if raw.Kind == "" {
		return fmt.Errorf("event %s/%d has no kind", raw.Incident, raw.Seq)
	}
	fact, err := DecodeFact(raw.Kind, raw.Data)
	if err != nil {
		return fmt.Errorf("event %s/%d: %w", raw.Incident, raw.Seq, err)
	}
	*e = Event{raw.Incident, raw.Seq, raw.At, raw.Actor, raw.Source, raw.Cause, fact}
	return nil
}

// DecodeFact reads a stored payload of the given kind.
func DecodeFact(kind Kind, data []byte) (Fact, error) {
	decode, ok := facts[kind]
	if !ok {
		return UnknownFact{Name: kind, Data: append(json.RawMessage(nil), data...)}, nil
	}
	fact, err := decode(data)
	if err != nil {
		return nil, fmt.Errorf("payload of %s: %w", kind, err)
	}
	return fact, nil
}

// facts knows how to read every kind of fact.
var facts = registerFacts(
	factOf[IncidentDeclared], factOf[PlaybookAttached],
	factOf[IncidentAcknowledged], factOf[StatusChanged], factOf[SeverityChanged],
	factOf[IncidentResolved], factOf[IncidentReopened], factOf[IncidentCancelled],
	factOf[IncidentMerged], factOf[IncidentAbsorbed], factOf[IncidentClosed],
	factOf[AlertsFired], factOf[AlertsResolved], factOf[AlertsCleared],
	factOf[RoleAssigned], factOf[NoteAdded], factOf[UpdatePosted], factOf[ReminderGiven],
	factOf[StepAdded], factOf[StepStarted], factOf[StepCompleted], factOf[StepSkipped],
	factOf[StepRejected], factOf[StepFailed], factOf[StepRetried],
	factOf[DecisionMade], factOf[ApprovalGiven], factOf[StepNudged], factOf[StepEscalated], factOf[StepRepeated],
	factOf[MetricCollected],
	factOf[PageSent], factOf[ChannelOpened], factOf[RespondersInvited], factOf[PostmortemDrafted],
	factOf[FollowupAdded], factOf[FollowupCompleted], factOf[TicketFiled], factOf[TicketChanged],
	factOf[JournalRestored],
	factOf[SeverityConfirmed], factOf[ReminderSnoozed], factOf[ResponderJoined], factOf[ResponderLeft],
	factOf[HelpRequested], factOf[PageChanged], factOf[MessageShown],
)

type factDecoder func(data []byte) (Fact, error)

func factOf[F Fact]() (Kind, factDecoder) {
	var zero F
	return zero.Kind(), func(data []byte) (Fact, error) {
		var f F
		err := json.Unmarshal(data, &f)
		return f, err
	}
}

func registerFacts(entries ...func() (Kind, factDecoder)) map[Kind]factDecoder {
	all := make(map[Kind]factDecoder, len(entries))
	for _, entry := range entries {
		kind, decode := entry()
		all[kind] = decode
	}
	return all
}

// UnknownFact stands for a kind of event that a newer version wrote. It changes
// nothing.
type UnknownFact struct {
	Name Kind
	Data json.RawMessage
}

// Kind implements [Fact].
func (f UnknownFact) Kind() Kind { return f.Name }

// Text implements [Fact].
func (f UnknownFact) Text() string {
	return fmt.Sprintf("%s (recorded by a newer version of Muster)", f.Name)
}

func (f UnknownFact) apply(*State, Event) {}

// MarshalJSON keeps the payload as it was found.
func (f UnknownFact) MarshalJSON() ([]byte, error) { return f.Data.MarshalJSON() }

// kinds are sorted once, so that workflows, which may ask for them, go through no map.
var kinds = slices.Sorted(maps.Keys(facts))

// Kinds are all kinds of events, sorted.
func Kinds() []Kind { return slices.Clone(kinds) }

// KnownKind says whether this version knows the kind of event.
func KnownKind(kind Kind) bool {
	_, ok := facts[kind]
	return ok
}
