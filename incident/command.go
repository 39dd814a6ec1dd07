package incident

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// Intent is the payload of a command: what somebody wants. The set is closed; the
// types are in the files intent_*.go.
type Intent interface {
	// Name is the command's name for programs: "acknowledge". It also names the
	// workflow update that carries it.
	Name() string
	// decide returns the facts that follow, none if nothing changes, or the rule that
	// stands in the way. It must not change s.
	decide(s State, c Command) ([]Fact, error)
}

// Command is something that somebody wants of an incident.
type Command struct {
	// Incident is the incident meant. [Decide] refuses a command for another one.
	Incident ID
	// Key is the same on every repetition of the command, so that it takes effect
	// once. Empty for commands that cannot be repeated, such as Muster's own.
	Key    string
	Actor  Actor
	Source string
	Intent Intent
}

// Digest is a short fingerprint of what the command wants, the same for equal wishes. It
// tells whether two commands with one key are one. It does not look at who gives it.
func (c Command) Digest() string {
	if c.Intent == nil {
		return ""
	}
	data, err := json.Marshal(c.Intent)
	if err != nil {
		// What cannot be written down is refused wherever it is to be handed on.
		return ""
	}
	sum := sha256.Sum256(append([]byte(c.Intent.Name()+"\n"), data...))
	return hex.EncodeToString(sum[:8])
}

type commandJSON struct {
	Incident ID              `json:"incident"`
	Key      string          `json:"key,omitzero"`
	Name     string          `json:"command"`
	Actor    Actor           `json:"actor"`
	Source   string          `json:"source,omitzero"`
	Data     json.RawMessage `json:"data"`
}

// MarshalJSON writes the command with its name beside the payload.
func (c Command) MarshalJSON() ([]byte, error) {
	if c.Intent == nil {
		return nil, fmt.Errorf("command for %s has no intent", c.Incident)
	}
	data, err := json.Marshal(c.Intent)
	if err != nil {
		return nil, fmt.Errorf("command %s: %w", c.Intent.Name(), err)
	}
	return json.Marshal(commandJSON{c.Incident, c.Key, c.Intent.Name(), c.Actor, c.Source, data})
}

// UnmarshalJSON reads what MarshalJSON wrote. A name that this version does not know
// is an [InvalidError].
func (c *Command) UnmarshalJSON(text []byte) error {
	var raw commandJSON
	if err := json.Unmarshal(text, &raw); err != nil {
		return err
	}
	decode, ok := intents[raw.Name]
	if !ok {
		return invalid("command", "this version of Muster knows no command %q", raw.Name)
	}
	intent, err := decode(raw.Data)
	if err != nil {
		return fmt.Errorf("command %s: %w", raw.Name, err)
	}
	*c = Command{raw.Incident, raw.Key, raw.Actor, raw.Source, intent}
	return nil
}

// Commands lists the names of all commands, sorted.
func Commands() []string { return slices.Sorted(maps.Keys(intents)) }

// intents knows how to read every kind of command.
var intents = registerIntents(
	intentOf[Declare], intentOf[AttachPlaybook],
	intentOf[Acknowledge], intentOf[ChangeStatus], intentOf[ChangeSeverity],
	intentOf[Resolve], intentOf[Reopen], intentOf[Cancel], intentOf[Merge], intentOf[Absorb], intentOf[Close],
	intentOf[ReportAlerts],
	intentOf[AssignRole], intentOf[AddNote], intentOf[PostUpdate], intentOf[Remind],
	intentOf[ChooseOption], intentOf[NudgeStep], intentOf[EscalateStep], intentOf[RepeatStep],
	intentOf[AddStep], intentOf[StartStep], intentOf[FinishStep], intentOf[FailStep],
	intentOf[CompleteStep], intentOf[SkipStep], intentOf[ApproveStep], intentOf[RejectStep], intentOf[RetryStep],
	intentOf[AddFollowup], intentOf[CompleteFollowup], intentOf[ReportTicket],
	intentOf[NoteRestoration],
	intentOf[ConfirmSeverity], intentOf[SnoozeReminder], intentOf[ReportPresence], intentOf[RequestHelp], intentOf[ReportPage],
)

type intentDecoder func(data []byte) (Intent, error)

func intentOf[I Intent]() (string, intentDecoder) {
	var zero I
	return zero.Name(), func(data []byte) (Intent, error) {
		var i I
		err := json.Unmarshal(data, &i)
		return i, err
	}
}

func registerIntents(entries ...func() (string, intentDecoder)) map[string]intentDecoder {
	all := make(map[string]intentDecoder, len(entries))
	for _, entry := range entries {
		name, decode := entry()
		all[name] = decode
	}
	return all
}
