package rehearsal_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"muster/incident"
	"muster/internal/rehearsal"
	"muster/playbooks"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var start = time.Date(2026, 3, 2, 3, 0, 0, 0, time.UTC)

func script(t testing.TB, end time.Duration, happenings ...rehearsal.Happening) rehearsal.Script {
	t.Helper()
	library, err := playbooks.BuiltIn()
	require.NoError(t, err)
	return rehearsal.Script{
		Declare: incident.Command{
			Incident: "INC-7", Actor: incident.VendorActor("Alertmanager"), Source: "alertmanager",
			Intent: incident.Declare{
				Title: "InstanceDown: payments is down", Severity: "SEV2",
				Scale:   []incident.SeverityLevel{{Name: "SEV1", Pager: "critical", UpdateEvery: 30 * time.Minute}, {Name: "SEV2", Pager: "error"}, {Name: "SEV3"}},
				Service: incident.Service{Name: "payments", Team: "payments", PagerService: "PPAY", TrackerProject: "PAY", ChannelPrefix: "inc"},
			},
		},
		Playbook: library[playbooks.Default], Start: start, End: end, Happenings: happenings,
		OnCall: []incident.Person{{Name: "Sample Responder", Email: "responder@example.com"}},
	}
}

func person(after time.Duration, name string, intent incident.Intent) rehearsal.Happening {
	return rehearsal.Happening{After: after, Command: &rehearsal.Command{Actor: incident.PersonActor(name), Intent: intent}}
}

func TestPlay(t *testing.T) {
	began := time.Now()
	s := script(t, 60*24*time.Hour,
		person(2*time.Minute, "ana", incident.Acknowledge{}),
		rehearsal.Happening{After: 4 * time.Minute, Fault: &rehearsal.Fault{Vendor: rehearsal.Slack, Mode: rehearsal.Down}},
		person(5*time.Minute, "ana", incident.ChangeStatus{Status: incident.Monitoring}),
		rehearsal.Happening{After: 14 * time.Minute, Fault: &rehearsal.Fault{Vendor: rehearsal.Slack}},
		person(6*time.Minute+time.Hour, "ana", incident.AddFollowup{Title: "x", Due: start.AddDate(0, 0, 3)}),
		person(6*time.Minute+2*time.Hour, "ana", incident.Resolve{}),
		rehearsal.Happening{After: 30 * 24 * time.Hour, Ticket: &rehearsal.TicketMove{Followup: "F1", Status: "Done", Done: true}},
	)
	t.Log(time.Since(began))
	for range 3 {
		began = time.Now()
		r, err := rehearsal.Run(s)
		t.Log(time.Since(began))
		require.NoError(t, err)
		for _, e := range r.Events {
			fmt.Println(e.At.Sub(start), e.Kind(), e.Text())
		}
		for _, e := range r.Entries {
			fmt.Println(e.At, e.Kind, e.To, e.Text)
		}
	}
	var wg sync.WaitGroup
	began = time.Now()
	for range 20 {
		wg.Go(func() {
			s.End = time.Hour
			_, err := rehearsal.Run(s)
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	t.Log(time.Since(began))
}
