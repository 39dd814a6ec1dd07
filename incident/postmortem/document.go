package postmortem

import (
	"encoding/json"
	"time"

	"muster/incident"
)

// Links are the addresses a postmortem points to. Only http and https addresses are
// used; anything else is left out.
type Links struct {
	// Incident is the page of the incident, which shows the complete timeline.
	Incident string
}

// Document is a postmortem as far as the events tell it. All times are in UTC; a
// zero time means that it has not happened. Text is as people wrote it, unescaped.
type Document struct {
	ID    incident.ID `json:"id"`
	URL   string      `json:"url,omitzero"`
	Title string      `json:"title"`
	// Service and Team are what was affected and who owns it.
	Service string `json:"service"`
	Team    string `json:"team,omitzero"`
	// Severity is the last one, HighestSeverity the most severe it ever had.
	Severity        incident.Severity    `json:"severity"`
	HighestSeverity incident.Severity    `json:"highest_severity"`
	Status          incident.Status      `json:"status"`
	Playbook        incident.PlaybookRef `json:"playbook,omitzero"`
	// PlaybookParts are the playbooks that it was put together from; empty for one alone.
	PlaybookParts []incident.PlaybookRef `json:"playbook_parts,omitzero"`
	// Exercise says that it was practice.
	Exercise bool `json:"exercise,omitzero"`
	// AsOf is the time of the last event that the draft knows.
	AsOf time.Time `json:"as_of"`

	DeclaredAt     time.Time `json:"declared_at"`
	DeclaredBy     string    `json:"declared_by"`
	AcknowledgedAt time.Time `json:"acknowledged_at,omitzero"`
	AcknowledgedBy string    `json:"acknowledged_by,omitzero"`
	MitigatedAt    time.Time `json:"mitigated_at,omitzero"`
	ResolvedAt     time.Time `json:"resolved_at,omitzero"`
	ResolvedBy     string    `json:"resolved_by,omitzero"`
	// EndedAt is when the incident was closed, cancelled or merged, EndReason what
	// was said about it.
	EndedAt   time.Time `json:"ended_at,omitzero"`
	EndReason string    `json:"end_reason,omitzero"`

	// The durations count from the declaration, as [incident.State] defines them;
	// nil while the moment has not come.
	TimeToAcknowledge *Duration `json:"time_to_acknowledge_seconds,omitzero"`
	TimeToMitigate    *Duration `json:"time_to_mitigate_seconds,omitzero"`
	TimeToResolve     *Duration `json:"time_to_resolve_seconds,omitzero"`

	// Summary is what was written at the declaration, Resolution at the end.
	Summary    string        `json:"summary,omitzero"`
	Resolution string        `json:"resolution,omitzero"`
	MergedInto incident.ID   `json:"merged_into,omitzero"`
	Absorbed   []incident.ID `json:"absorbed,omitzero"`

	Impact       Impact       `json:"impact"`
	People       People       `json:"people"`
	Course       Course       `json:"course"`
	Decisions    []Decision   `json:"decisions,omitzero"`
	Tried        []Attempt    `json:"tried,omitzero"`
	Routine      []string     `json:"routine,omitzero"`
	Difficulties []Difficulty `json:"difficulties,omitzero"`
	Alerts       []Alert      `json:"alerts,omitzero"`
	Questions    []Question   `json:"questions,omitzero"`
	Followups    []Followup   `json:"followups,omitzero"`
}

// Duration is a length of time that JSON shows in whole seconds.
type Duration time.Duration

// MarshalJSON writes whole seconds; a fraction is cut off.
func (d Duration) MarshalJSON() ([]byte, error) {
	return json.Marshal(int64(time.Duration(d) / time.Second))
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (d *Duration) UnmarshalJSON(text []byte) error {
	var seconds int64
	if err := json.Unmarshal(text, &seconds); err != nil {
		return err
	}
	*d = Duration(time.Duration(seconds) * time.Second)
	return nil
}

// String is the duration as people say it: "1 h 5 min".
func (d Duration) String() string { return inWords(time.Duration(d)) }

// Impact is what the events tell about who was affected, how badly and for how long.
type Impact struct {
	// FirstAlertAt is when the first alert began to fire, which may be before the
	// declaration; zero if none did.
	FirstAlertAt time.Time `json:"first_alert_at,omitzero"`
	// Undeclared is how long an alert had been firing when the incident was
	// declared; nil if none had.
	Undeclared *Duration `json:"alert_to_declaration_seconds,omitzero"`
	// Severities are the severity changes, oldest first.
	Severities []SeverityChange `json:"severities,omitzero"`
	// Updates are the status updates given, oldest first.
	Updates []Statement `json:"updates,omitzero"`
	// Reopenings are the resolutions that did not last.
	Reopenings []Reopening `json:"reopenings,omitzero"`
}

// SeverityChange is one move on the severity scale.
type SeverityChange struct {
	At     time.Time         `json:"at"`
	From   incident.Severity `json:"from"`
	To     incident.Severity `json:"to"`
	Raised bool              `json:"raised"`
	Reason string            `json:"reason,omitzero"`
	By     string            `json:"by"`
}

// Statement is something that somebody said at some time.
type Statement struct {
	At   time.Time `json:"at"`
	By   string    `json:"by"`
	Text string    `json:"text"`
}

// Reopening is a resolution that was taken back.
type Reopening struct {
	ResolvedAt time.Time `json:"resolved_at"`
	At         time.Time `json:"reopened_at"`
	By         string    `json:"by"`
	Reason     string    `json:"reason,omitzero"`
}

// People says who took part.
type People struct {
	// Roles are the roles of the response in the playbook's order, vacant ones too.
	Roles []Role `json:"roles,omitzero"`
	// Paged are the people on call whom the pager was asked to wake.
	Paged []string `json:"paged,omitzero"`
	// TookPart are the people who acted or held a role, in the order in which they
	// first did.
	TookPart []string `json:"took_part,omitzero"`
}

// Role is a role of the response and who held it when.
type Role struct {
	ID      string   `json:"id"`
	Title   string   `json:"title"`
	Holders []Tenure `json:"holders,omitzero"`
}

// Tenure is the time during which one person held a role.
type Tenure struct {
	Name string    `json:"name"`
	From time.Time `json:"from"`
	// Until is zero for whoever held it last.
	Until time.Time `json:"until,omitzero"`
}

// Course is the part of the timeline that tells the story; see the rules at [Draft].
type Course struct {
	Entries []Entry `json:"entries"`
	// LeftOut counts the events that the entries do not show.
	LeftOut int `json:"left_out"`
}

// Entry is one line of the course.
type Entry struct {
	// At is when it happened.
	At    time.Time     `json:"at"`
	Kind  incident.Kind `json:"kind"`
	Actor string        `json:"actor"`
	Text  string        `json:"text"`
	// NotedAt is when a note was written, where that is not when it happened.
	NotedAt time.Time `json:"noted_at,omitzero"`
	// Times counts what was folded into this entry, and Until is when the last of it
	// happened; 0 and zero for an entry that stands for one event.
	Times int       `json:"times,omitzero"`
	Until time.Time `json:"until,omitzero"`
	// NotedBy is who wrote a note that another said.
	NotedBy string `json:"noted_by,omitzero"`
	// Links lead to where it was said in the chat, and to the files that were shared.
	Links []incident.Link `json:"links,omitzero"`
}

// Decision is a choice between several ways, or what people said that they decided.
type Decision struct {
	Step  string `json:"step"`
	Title string `json:"title"`
	// Option is the id of the way taken, Choice its title, and Others are the titles of
	// those not taken.
	Option string    `json:"option"`
	Choice string    `json:"choice"`
	Others []string  `json:"others,omitzero"`
	At     time.Time `json:"at"`
	By     string    `json:"by"`
	// Muster says that nobody decided in time, so that the playbook did.
	Muster bool `json:"muster,omitzero"`
	// Note is why.
	Note string `json:"note,omitzero"`
	// URL leads to where it was said in the chat; Step, Option and Choice are empty then.
	URL string `json:"url,omitzero"`
}

// Outcome is how an attempt at a step went.
type Outcome string

// The outcomes of an attempt.
const (
	Completed Outcome = "completed"
	Approved  Outcome = "approved"
	Skipped   Outcome = "skipped"
	Rejected  Outcome = "rejected"
	Failed    Outcome = "failed"
)

// Attempt is one thing that was tried in the response.
type Attempt struct {
	Step    string    `json:"step"`
	Title   string    `json:"title"`
	Outcome Outcome   `json:"outcome"`
	At      time.Time `json:"at"`
	By      string    `json:"by"`
	// Note is what people said about it; for a failure it is the error.
	Note string `json:"note,omitzero"`
	// Times counts failures in a row, and Until is when the last of them happened;
	// 0 and zero for a single one.
	Times int       `json:"times,omitzero"`
	Until time.Time `json:"until,omitzero"`
}

// Difficulty is something that made the response itself harder.
type Difficulty struct {
	// Kind is a stable name for programs: "step_failed", "step_slow", "reminders",
	// "reopened", "role_vacant".
	Kind string    `json:"kind"`
	At   time.Time `json:"at,omitzero"`
	Text string    `json:"text"`
}

// Alert sums up all alerts of one name.
type Alert struct {
	Name    string `json:"name"`
	Summary string `json:"summary,omitzero"`
	// Count is how often it fired, over all its label sets.
	Count   int       `json:"count"`
	FiredAt time.Time `json:"first_fired_at"`
	// ResolvedAt is when the last of them resolved; zero while any fires. Duration
	// reaches from the first firing until then.
	ResolvedAt time.Time `json:"resolved_at,omitzero"`
	Duration   *Duration `json:"duration_seconds,omitzero"`
	URL        string    `json:"url,omitzero"`
}

// Question asks people for what the events do not tell.
type Question struct {
	// Kind is a stable name for programs: "cause", "step_skipped".
	Kind string `json:"kind"`
	Text string `json:"text"`
}

// Followup is work that came out of the incident.
type Followup struct {
	ID     string `json:"id"`
	Title  string `json:"title"`
	Owner  string `json:"owner,omitzero"`
	Ticket string `json:"ticket,omitzero"`
	URL    string `json:"url,omitzero"`
	// Status is the tracker's own word, empty until it has been filed.
	Status string `json:"status,omitzero"`
	Done   bool   `json:"done"`
	// Due is a day; zero means none.
	Due time.Time `json:"due,omitzero"`
}
