package incident_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
)

func TestIDsAreReadAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]incident.ID{
		"INC-42": "INC-42", "inc-42": "INC-42", "42": "INC-42", " Inc-7\n": "INC-7", "INC-007": "INC-7",
		"": "", "INC-": "", "0": "", "-1": "", "+5": "", "INC-+5": "", "INC--5": "", "INC-4x": "", "INC-INC-1": "", "9223372036854775808": "",
	} {
		id, err := incident.ParseID(text)
		require.Equal(t, want, id, text)
		require.Equal(t, want == "", err != nil, text)
		if err != nil {
			require.ErrorContains(t, err, "INC-42", "the error shows what an id looks like")
		}
	}
}

func TestOnlyAWellFormedIDHasANumber(t *testing.T) {
	t.Parallel()
	for id, want := range map[incident.ID]int64{
		"INC-42": 42, "INC-1": 1, "": 0, "42": 0, "INC-": 0, "INC-0": 0, "INC--5": 0, "INC-+5": 0, "INC-007": 0, "inc-42": 0,
	} {
		require.Equal(t, want, id.Number(), string(id))
	}
	require.Equal(t, incident.ID("INC-42"), incident.NewID(42))
}

func TestAStatusIsActiveEndedOrResolved(t *testing.T) {
	t.Parallel()
	for _, s := range incident.Statuses() {
		ways := 0
		for _, way := range []bool{s.Active(), s.Ended(), s == incident.Resolved} {
			if way {
				ways++
			}
		}
		require.Equal(t, 1, ways, string(s))
	}
}

func TestAnAlertIsSummedUpByWhatSaysMost(t *testing.T) {
	t.Parallel()
	require.Equal(t, "s", incident.Alert{Name: "n", Annotations: map[string]string{"summary": "s", "message": "m"}}.Summary())
	require.Equal(t, "m", incident.Alert{Name: "n", Annotations: map[string]string{"message": "m", "description": "d"}}.Summary())
	require.Equal(t, "n", incident.Alert{Name: "n"}.Summary())
}

func TestOnlyOpenWorkPastItsDayIsOverdue(t *testing.T) {
	t.Parallel()
	due := incident.Followup{Due: noon}
	require.False(t, due.Overdue(noon.Add(-time.Hour)))
	require.True(t, due.Overdue(noon.AddDate(0, 0, 2)))
	require.False(t, incident.Followup{}.Overdue(noon))
	due.Done = true
	require.False(t, due.Overdue(noon.AddDate(0, 0, 2)))
}

func TestFormatDurationUsesTheTwoLargestUnits(t *testing.T) {
	t.Parallel()
	for want, d := range map[string]time.Duration{
		"0s": -time.Second, "45s": 45 * time.Second, "12m": 12*time.Minute + 59*time.Second, "1h": time.Hour,
		"1h 5m": 65 * time.Minute, "3d 4h": 76*time.Hour + 30*time.Minute, "2d": 48 * time.Hour,
	} {
		require.Equal(t, want, incident.FormatDuration(d))
	}
}
