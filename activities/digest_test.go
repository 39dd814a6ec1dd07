package activities

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"muster/incident"

	"github.com/stretchr/testify/require"
)

// annals are a register and a journal for the digest.
type annals struct {
	Journal
	open, resolved []incident.State
	followups      []OpenFollowup
	states         map[incident.ID]incident.State
	err            map[string]error
}

func (a *annals) Incident(_ context.Context, id incident.ID) (incident.State, error) {
	return a.states[id], nil
}

func (a *annals) Active(_ context.Context, limit int) ([]incident.State, error) {
	return a.open[:min(len(a.open), limit)], a.err["active"]
}

func (a *annals) ResolvedBetween(_ context.Context, _, _ time.Time, limit int) ([]incident.State, error) {
	return a.resolved[:min(len(a.resolved), limit)], a.err["resolved"]
}

func (a *annals) OpenFollowups(context.Context) ([]OpenFollowup, error) {
	return a.followups, a.err["followups"]
}

func TestADigestTellsWhatIsOpenResolvedAndOverdue(t *testing.T) {
	t.Parallel()
	followup := func(id string, due time.Time) OpenFollowup {
		return OpenFollowup{Incident: "INC-3", Followup: incident.Followup{ID: id, Title: "Repair " + id, Due: due}}
	}
	records := &annals{
		open:      []incident.State{{ID: "INC-8", Title: "Checkout fails", Status: incident.Investigating, DeclaredAt: at}},
		resolved:  []incident.State{{ID: "INC-7", Title: "Login fails", Status: incident.Resolved, DeclaredAt: at.Add(-time.Hour), ResolvedAt: at}},
		followups: []OpenFollowup{followup("F1", at.AddDate(0, 0, -2)), followup("F2", at), followup("F3", at.AddDate(0, 0, -9)), followup("F4", time.Time{})},
	}
	o := &outside{}
	a := &Activities{Chat: o, Register: records, Journal: records, Installation: "test", PublicURL: "https://muster.example.com"}
	request := incident.DigestRequest{Channel: "digest", Timezone: "UTC", At: at}
	digest, err := a.PostDigest(t.Context(), request)
	require.NoError(t, err)
	require.Equal(t, incident.Digest{Day: "2026-03-02", Since: at.Add(-24 * time.Hour), Until: at}, digest)
	require.Equal(t, "muster-test-digest.2026-03-02", o.shown[0].Key)
	require.Equal(t, "id of digest", o.shown[0].ChannelID)
	require.Equal(t, "Incidents: 1 open, 1 resolved; follow-ups overdue: 2", o.shown[0].Card.Summary)
	require.Regexp(t, `(?s)INC-8.*INC-7.*Repair F3.*Repair F1`, o.shown[0].Card.String())

	request.Last = digest
	again, err := a.PostDigest(t.Context(), request)
	require.NoError(t, err)
	require.Equal(t, digest, again)
	require.Len(t, o.shown, 1, "the day has had its digest")
}

func TestADigestSaysNoMoreOfARestrictedIncidentThanThatThereIsOne(t *testing.T) {
	t.Parallel()
	secret := incident.State{
		ID: "INC-8", Title: "Secret title", Severity: "SEV1", Status: incident.Investigating, DeclaredAt: at, Service: incident.Service{Name: "secret-service"},
		Roles:   []incident.Role{{ID: "commander", Title: "commander", Holder: "Secret Holder"}},
		Channel: incident.Channel{ID: "C1", Name: "secret-channel", URL: "https://chat.example/C1", Private: true},
	}
	ended := secret
	ended.Channel, ended.PrivatePlanned = incident.Channel{}, true // which the chat never opened
	ended.ID, ended.Status, ended.ResolvedAt, ended.Resolution = "INC-7", incident.Resolved, at, "secret resolution"
	records := &annals{
		open: []incident.State{secret}, resolved: []incident.State{ended}, states: map[incident.ID]incident.State{"INC-7": ended},
		followups: []OpenFollowup{{Incident: "INC-7", Followup: incident.Followup{ID: "F1", Title: "secret work", Due: at.AddDate(0, 0, -2)}}},
	}
	o := &outside{}
	a := &Activities{Chat: o, Register: records, Journal: records, Installation: "test", PublicURL: "https://muster.example.com"}
	_, err := a.PostDigest(t.Context(), incident.DigestRequest{Channel: "digest", Timezone: "UTC", At: at})
	require.NoError(t, err)
	text := o.shown[0].Card.String()
	require.NotContains(t, strings.ToLower(text), "secret")
	require.Regexp(t, `(?s)INC-8.*restricted.*SEV1.*INC-7.*restricted`, text)
}

func TestADigestThatCannotBeMadeSaysWhy(t *testing.T) {
	t.Parallel()
	request := incident.DigestRequest{Channel: "digest", Timezone: "UTC", At: at}
	for _, missing := range []string{"active", "resolved", "followups"} {
		records := &annals{err: map[string]error{missing: errors.New(missing + " is locked")}}
		_, err := (&Activities{Chat: &outside{}, Register: records, Journal: records}).PostDigest(t.Context(), request)
		require.ErrorContains(t, err, missing+" is locked")
		require.False(t, isFinal(err))
	}
	_, err := (&Activities{}).PostDigest(t.Context(), request)
	require.True(t, isFinal(err))
	request.Timezone = "Europe/Atlantis"
	_, err = (&Activities{}).PostDigest(t.Context(), request)
	require.True(t, isFinal(err))
	request.Timezone = "UTC"
	records := &annals{}
	_, err = (&Activities{Chat: &outside{err: vendorSays{permanent: true}}, Register: records, Journal: records}).PostDigest(t.Context(), request)
	require.True(t, isFinal(err))
}
