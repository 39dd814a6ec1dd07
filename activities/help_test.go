package activities

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/playbooks"
)

// desk is a pager that remembers what it was asked for.
type desk struct {
	everything
	did      []string
	resolved map[string]bool  // pages that are not open any more
	broken   map[string]error // by page
	names    map[string]bool  // priorities
}

func (d *desk) AskPerson(_ context.Context, p incident.Page, who incident.Person, message string) (bool, error) {
	d.did = append(d.did, "ask "+who.Name+" on "+p.Key+": "+message)
	return !d.resolved[p.Key], d.broken[p.Key]
}

func (d *desk) AskPolicy(_ context.Context, p incident.Page, policy, _ string) (bool, error) {
	d.did = append(d.did, "ask "+policy+" on "+p.Key)
	return !d.resolved[p.Key], d.broken[p.Key]
}

func (d *desk) Page(_ context.Context, r incident.PageRequest) (incident.Page, error) {
	d.did = append(d.did, "page "+r.Service+": "+r.Summary)
	return incident.Page{Key: r.Key, Service: r.Service}, nil
}

func (d *desk) PagePerson(_ context.Context, r incident.PageRequest, who incident.Person) (incident.Page, error) {
	d.did = append(d.did, "page "+who.Name+" on "+r.Service)
	return incident.Page{Key: r.Key + ".direct", Service: r.Service}, nil
}

func (d *desk) AddNote(_ context.Context, p incident.Page, key, text string) error {
	d.did = append(d.did, "note on "+p.Key+": "+text+" "+key)
	return d.broken[p.Key]
}

func (d *desk) SetPriority(_ context.Context, p incident.Page, name string) (bool, error) {
	d.did = append(d.did, "priority of "+p.Key+": "+name)
	return d.names[name], d.broken[p.Key]
}

func (d *desk) Acknowledge(_ context.Context, p incident.Page) error {
	d.did = append(d.did, "acknowledge "+p.Key+" on "+p.Service)
	return d.broken[p.Key]
}

func (d *desk) Resolve(_ context.Context, p incident.Page) error {
	d.did = append(d.did, "resolve "+p.Key+" on "+p.Service)
	return d.broken[p.Key]
}

func (*desk) OnCallBy(context.Context, string) ([]incident.Person, error) {
	return []incident.Person{{Name: "Third Responder"}}, nil
}

// does does one action about an incident with two open pages of two services, and one that
// was resolved.
func (d *desk) does(t *testing.T, action string, with playbooks.Parameters, on incident.Fact, change ...func(*playbooks.Effect)) (incident.Outcome, error) {
	t.Helper()
	e := effect(action, with)
	e.Incident.Severity, e.Incident.Service = "SEV2", incident.Service{Name: "payments", PagerService: "PPAY"}
	e.Incident.Pages = []incident.Page{
		{Key: "first", Service: "PPAY", Status: incident.PageAcknowledged}, {Key: "second", Service: "PDB"}, {Key: "ended", Service: "PDNS", Status: incident.PageResolved},
	}
	if on != nil {
		e.Work.On = &incident.Event{Seq: 7, At: time.Unix(0, 0), Fact: on}
	}
	for _, c := range change {
		c(&e)
	}
	a := &Activities{Pager: d, Installation: "test", PublicURL: "https://muster.example.com"}
	return a.Actions()[action](t.Context(), e)
}

var second = incident.Person{Name: "Second Responder", Email: "second@example.com"}

func TestHelpIsAskedForWhereItIsWanted(t *testing.T) {
	t.Parallel()
	ofPerson := incident.HelpRequested{Who: "Second Responder", Person: second, Message: "the database"}
	noPages := func(e *playbooks.Effect) { e.Incident.Pages = nil }
	for name, test := range map[string]struct {
		wanted   incident.HelpRequested
		change   func(*playbooks.Effect)
		resolved map[string]bool
		did      []string
		outcome  incident.Outcome
	}{
		"of a person, with the newest open page": {
			wanted: ofPerson, did: []string{"ask Second Responder on second: the database"},
			outcome: incident.Outcome{Text: "asked Second Responder", Pages: []incident.Page{{Key: "second", Responders: []incident.Person{second}}}},
		},
		"of a person, where that page has just been resolved": {
			wanted: ofPerson, resolved: map[string]bool{"second": true},
			did:     []string{"ask Second Responder on second: the database", "ask Second Responder on first: the database"},
			outcome: incident.Outcome{Text: "asked Second Responder", Pages: []incident.Page{{Key: "first", Responders: []incident.Person{second}}}},
		},
		"of a person, without an open page": {
			wanted: ofPerson, change: noPages, did: []string{"page Second Responder on PPAY"},
			outcome: incident.Outcome{
				Text: "paged Second Responder", Page: &incident.Page{Key: "muster-test-INC-7-rollback.help.direct", Service: "PPAY"}, Responders: []incident.Person{second},
			},
		},
		"of a team": {
			wanted: incident.HelpRequested{Who: "team platform", Policy: "PPOLICY"}, did: []string{"ask PPOLICY on second"},
			outcome: incident.Outcome{Text: "asked team platform", Pages: []incident.Page{{Key: "second", Responders: []incident.Person{{Name: "Third Responder"}}}}},
		},
		"of a service": {
			wanted: incident.HelpRequested{Who: "service dns", PagerService: "PDNS", Message: "please"}, did: []string{"page PDNS: Help wanted with INC-7 (SEV2): please"},
			outcome: incident.Outcome{
				Text: "paged service dns", Page: &incident.Page{Key: "muster-test-INC-7-rollback.help", Service: "PDNS"},
				Responders: []incident.Person{{Name: "Sample Responder"}, {Name: "Second Responder"}},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := &desk{resolved: test.resolved}
			var changes []func(*playbooks.Effect)
			if test.change != nil {
				changes = append(changes, test.change)
			}
			outcome, err := d.does(t, playbooks.PagerDutyRequest, nil, test.wanted, changes...)
			require.NoError(t, err)
			require.Equal(t, test.did, d.did)
			test.outcome.Output = map[string]any{"asked": test.wanted.Who}
			require.Equal(t, test.outcome, outcome)
		})
	}
}

func TestHelpThatNobodyWantsIsNotAskedFor(t *testing.T) {
	t.Parallel()
	d := &desk{}
	_, err := d.does(t, playbooks.PagerDutyRequest, nil, nil)
	require.ErrorContains(t, err, "use it in a hook on help_requested")
	_, err = d.does(t, playbooks.PagerDutyRequest, nil, incident.HelpRequested{Who: "x", Person: second}, func(e *playbooks.Effect) {
		e.Incident.Pages, e.Incident.Service.PagerService = nil, ""
	})
	require.ErrorContains(t, err, "give it a pagerduty service in muster.yaml")
	require.Empty(t, d.did)
}

func TestANoteGoesToEveryOpenPage(t *testing.T) {
	t.Parallel()
	d := &desk{broken: map[string]error{"second": errors.New("down")}}
	_, err := d.does(t, playbooks.PagerDutyNote, playbooks.Parameters{"text": "rolled back"}, nil)
	require.ErrorContains(t, err, "down")
	require.Equal(t, []string{"note on second: rolled back muster-test-INC-7-rollback", "note on first: rolled back muster-test-INC-7-rollback"}, d.did)
}

func TestANoteThatCameFromThePagerDoesNotGoBack(t *testing.T) {
	t.Parallel()
	d := &desk{}
	outcome, err := d.does(t, playbooks.PagerDutyNote, playbooks.Parameters{"text": "x"}, incident.NoteAdded{Body: "x"}, func(e *playbooks.Effect) { e.Work.On.Source = "pagerduty" })
	require.NoError(t, err)
	require.Equal(t, "it came from there", outcome.Text)
	require.Empty(t, d.did)
}

func TestThePriorityIsThatOfTheSeverity(t *testing.T) {
	t.Parallel()
	d := &desk{names: map[string]bool{"SEV2": true}}
	outcome, err := d.does(t, playbooks.PagerDutySetPriority, nil, nil)
	require.NoError(t, err)
	require.Equal(t, incident.Outcome{Output: map[string]any{"priority": "SEV2"}}, outcome)
	require.Equal(t, []string{"priority of second: SEV2", "priority of first: SEV2"}, d.did)

	outcome, err = (&desk{}).does(t, playbooks.PagerDutySetPriority, nil, nil)
	require.NoError(t, err)
	require.Equal(t, incident.Outcome{Text: "PagerDuty has no priority SEV2", Output: map[string]any{"priority": ""}}, outcome)

	outcome, err = (&desk{}).does(t, playbooks.PagerDutySetPriority, nil, nil, func(e *playbooks.Effect) { e.Incident.Pages = nil })
	require.NoError(t, err)
	require.Equal(t, "no page is open", outcome.Text)
}

func TestPagesOfSeveralServicesAreAcknowledgedAndResolvedEachOnItsOwn(t *testing.T) {
	t.Parallel()
	d := &desk{}
	outcome, err := d.does(t, playbooks.PagerDutyAcknowledge, nil, nil)
	require.NoError(t, err)
	require.Equal(t, []string{"acknowledge second on PDB"}, d.did, "who has acknowledged there is not told so")
	require.Equal(t, []incident.Page{{Key: "second", Status: incident.PageAcknowledged}}, outcome.Pages)

	d = &desk{broken: map[string]error{"first": errors.New("down")}}
	_, err = d.does(t, playbooks.PagerDutyResolve, nil, nil)
	require.ErrorContains(t, err, "down")
	require.Equal(t, []string{"resolve first on PPAY", "resolve second on PDB", "resolve ended on PDNS"}, d.did)

	d = &desk{}
	_, err = d.does(t, playbooks.PagerDutyAcknowledge, nil, nil, func(e *playbooks.Effect) {
		e.Incident.Pages = []incident.Page{{Key: "third"}, {Key: "wanted.help", Service: "PDNS"}, {Key: "somebody.help.direct"}}
	})
	require.NoError(t, err)
	require.Equal(t, []string{"acknowledge third on "}, d.did, "nobody answers for those who were asked to help")

	outcome, err = (&desk{}).does(t, playbooks.PagerDutyAcknowledge, nil, nil, func(e *playbooks.Effect) { e.Incident.Pages = e.Incident.Pages[:1] })
	require.NoError(t, err)
	require.Equal(t, "every page is taken already", outcome.Text)
}
