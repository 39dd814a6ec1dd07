package activities

import (
	"context"
	"testing"

	"muster/incident"
	"muster/playbooks"

	"github.com/stretchr/testify/require"
)

// everything is a world in which every action succeeds.
type everything struct {
	*outside
	Journal
}

func (everything) OpenChannel(_ context.Context, r incident.ChannelRequest) (incident.Channel, error) {
	return incident.Channel{ID: "C1", Name: r.Name, URL: "https://chat.example.com/C1"}, nil
}
func (everything) SetTopic(context.Context, string, string) error               { return nil }
func (everything) Bookmark(context.Context, string, incident.Link) error        { return nil }
func (everything) Acknowledge(context.Context, incident.Page) error             { return nil }
func (everything) Resolve(context.Context, incident.Page) error                 { return nil }
func (everything) Tickets(context.Context, []string) ([]incident.Ticket, error) { return nil, nil }

func (everything) Invite(_ context.Context, _ string, people []incident.Person) ([]incident.Person, error) {
	return people, nil
}

func (everything) Page(_ context.Context, r incident.PageRequest) (incident.Page, error) {
	return incident.Page{Key: r.Key}, nil
}

func (everything) OnCall(context.Context, string) ([]incident.Person, error) {
	return []incident.Person{{Name: "Sample Responder"}, {Name: "Second Responder"}}, nil
}

func (everything) OpenTicket(context.Context, incident.TicketRequest) (incident.Ticket, error) {
	return incident.Ticket{Key: "PAY-1", URL: "https://tracker.example.com/PAY-1"}, nil
}

func (everything) FindTicket(context.Context, string) (incident.Ticket, bool, error) {
	return incident.Ticket{}, false, nil
}

func (everything) Events(context.Context, incident.ID, int, int) ([]incident.Event, error) {
	return nil, nil
}

func TestAnActionGivesTheOutputsOfItsSchemaAndNoOthers(t *testing.T) {
	t.Parallel()
	number := 3.0
	world := everything{outside: &outside{receipt: incident.MailReceipt{Accepted: []string{"a@example.com"}}}}
	w := &automated{
		samples: []incident.Sample{{Value: 3}}, answer: incident.Answer{Status: 202, Body: `{"a": 1}`, Whole: true},
		run:    incident.Run{WorkflowID: "w", RunID: "r", Done: true, Result: []byte(`1`)},
		metric: incident.Measurement{Series: []incident.Series{{Values: []*float64{&number}}}},
	}
	a := &Activities{
		Chat: world, Pager: world, Tracker: world, Mailer: world, Notifier: world, Journal: world,
		Requester: w, Automation: launcher{w}, Metrics: w, Secrets: secrets{"deploy_token": token},
		Installation: "test", PublicURL: "https://muster.example.com",
	}
	for name, do := range a.Actions() {
		e := practising(name, "")
		e.Incident.Exercise, e.Incident.Channel, e.Incident.Seq = nil, incident.Channel{ID: "C1"}, 0
		e.Work.On = &incident.Event{Fact: incident.HelpRequested{Who: "Second Responder", Person: incident.Person{Name: "Second Responder"}}}
		outcome, err := do(t.Context(), e)
		require.NoError(t, err, name)
		action, _ := playbooks.FindAction(name)
		var promised, given []string
		for _, o := range action.Outputs {
			promised = append(promised, o.Name)
			value, ok := outcome.Output[o.Name]
			require.True(t, ok, "%s gives no %s", name, o.Name)
			switch o.Type {
			case playbooks.TextOutput:
				require.IsType(t, "", value, "%s: %s", name, o.Name)
			case playbooks.NumberOutput:
				require.Contains(t, []string{"int", "float64"}, typeName(value), "%s: %s", name, o.Name)
			}
		}
		for output := range outcome.Output {
			given = append(given, output)
		}
		require.ElementsMatch(t, promised, given, name)
	}
}

func typeName(value any) string {
	switch value.(type) {
	case int:
		return "int"
	case float64:
		return "float64"
	default:
		return "another"
	}
}

func TestAChannelIsPrivateWhereThePlaybookSaysSo(t *testing.T) {
	t.Parallel()
	for private, want := range map[string]bool{"": false, "false": false, "true": true} {
		chat := &opening{}
		outcome, err := (&Activities{Chat: chat}).Actions()[playbooks.SlackCreateChannel](t.Context(),
			effect(playbooks.SlackCreateChannel, playbooks.Parameters{"name": "inc-7", "private": private}))
		require.NoError(t, err)
		require.Equal(t, want, chat.request.Private)
		require.Equal(t, want, outcome.Channel.Private, "the incident knows that it is restricted")
	}
}

// opening is a chat that remembers the channel it was asked for.
type opening struct {
	everything
	request incident.ChannelRequest
}

func (o *opening) OpenChannel(_ context.Context, r incident.ChannelRequest) (incident.Channel, error) {
	o.request = r
	return incident.Channel{ID: "C1"}, nil
}
