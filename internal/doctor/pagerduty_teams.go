package doctor

import (
	"context"
	"slices"
	"strings"

	"muster/integrations/pagerduty"
)

// teamEntry is something of PagerDuty's by which teams of the catalogue are known.
type teamEntry struct {
	// kind is what it is, and key what it is called in muster.yaml.
	kind, key string
	id        string
	teams     []string
	exists    bool
	onCall    int
	err       error
}

func (t teamEntry) String() string {
	return "the " + t.kind + " " + t.id + " (for " + strings.Join(t.teams, ", ") + ")"
}

// pagerDutyTeams examines whether the escalation policies and the schedules of teams are
// there, and name somebody now.
func (e *examination) pagerDutyTeams(ctx context.Context, n *notes, client *pagerduty.Client) {
	entries := e.teamEntries()
	each(len(entries), func(i int) {
		_, entries[i].err = inTurn(ctx, func(ctx context.Context) (struct{}, error) { return struct{}{}, entries[i].lookUp(ctx, client) })
	})
	good, failed := 0, false
	for _, entry := range entries {
		switch {
		case entry.err != nil:
			if !failed { // the others say the same
				vendorFailed(n, "PagerDuty", "MUSTER_PAGERDUTY_API_URL", entry.err)
			}
			failed = true
		case !entry.exists:
			n.wrong("there is no %s %s (for %s), or the key may not see it", entry.kind, entry.id, strings.Join(entry.teams, ", ")).
				mend("mend pagerduty: {%s: …} of the team in muster.yaml: the id is at the end of its address in PagerDuty", entry.key)
		case entry.onCall == 0:
			n.warn("nobody is on call now by %s", entry).mend("give it somebody in PagerDuty, if that is not meant to be so")
		default:
			good++
		}
	}
	if good > 0 {
		n.fine("somebody is on call now by %d of the %d escalation policies and schedules of teams", good, len(entries))
	}
}

// teamEntries are the policies and the schedules that the catalogue names, each once.
func (e *examination) teamEntries() []teamEntry {
	if e.catalogueErr != nil {
		return nil
	}
	var entries []teamEntry
	add := func(kind, key, id, team string) {
		i := slices.IndexFunc(entries, func(t teamEntry) bool { return t.key == key && t.id == id })
		switch {
		case id == "":
		case i < 0:
			entries = append(entries, teamEntry{kind: kind, key: key, id: id, teams: []string{team}})
		default:
			entries[i].teams = append(entries[i].teams, team)
		}
	}
	for _, team := range e.catalogue.Teams() {
		add("escalation policy", policyKey, team.PagerDuty.EscalationPolicy, team.Name)
		add("schedule", "schedule", team.PagerDuty.Schedule, team.Name)
	}
	return entries
}

const policyKey = "escalation_policy"

func (t *teamEntry) lookUp(ctx context.Context, client *pagerduty.Client) (err error) {
	exists := client.HasSchedule
	if t.key == policyKey {
		exists = client.HasPolicy
	}
	if t.exists, err = exists(ctx, t.id); err != nil || !t.exists {
		return err
	}
	if t.key == policyKey {
		onCall, err := client.CountOnCall(ctx, []string{t.id})
		t.onCall = onCall[t.id]
		return err
	}
	people, err := client.OnSchedule(ctx, t.id)
	t.onCall = len(people)
	return err
}
