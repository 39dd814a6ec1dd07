package dispatch

import (
	"testing"

	"muster/incident"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/mocks"
)

// knowsNoOther says that Temporal has no other workflow than those it was said to have before.
func knowsNoOther(temporal *mocks.Client) {
	temporal.On("DescribeWorkflowExecution", mock.Anything, mock.Anything, "").Return(nil, serviceerror.NewNotFound("no such workflow"))
}

func TestADatabaseIsBehindWhenTemporalKnowsAnIncidentThatHasNoNumberYet(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		installation string // empty for our own
		known        string
		want         incident.ID
	}{
		"the next one":                        {"", "INC-2", "INC-2"},
		"one after a number that nobody used": {"", "INC-4", "INC-4"},
		"one of another installation":         {"00000000", "INC-2", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, db, temporal := desk(t)
			declared(t, db, d)
			installation := test.installation
			if installation == "" {
				installation = db.Installation()
			}
			livesOn(t, temporal, installation, test.known, 0)
			knowsNoOther(temporal)
			got, err := Behind(t.Context(), temporal, db)
			require.NoError(t, err)
			require.Equal(t, test.want, got)
		})
	}
}

func TestADatabaseThatWasRestoredIsBehindUntilThatIsDealtWith(t *testing.T) {
	t.Parallel()
	d, db, temporal := desk(t)
	declared(t, db, d)
	livesOn(t, temporal, db.Installation(), "INC-2", 0)
	knowsNoOther(temporal)
	d.passes.begin()
	require.NoError(t, d.Check(t.Context()))
	d.LookWhetherBehind(t.Context())
	require.EqualError(t, d.Check(t.Context()),
		"the database is older than Temporal, which knows INC-2 already: stop all servers and workers, and run muster restored")

	_, err := db.Reenter(t.Context(), 2, 0)
	require.NoError(t, err)
	behind, err := Behind(t.Context(), temporal, db)
	require.NoError(t, err)
	require.Empty(t, behind)
}

func TestATemporalThatDoesNotAnswerSaysNothingOfTheDatabase(t *testing.T) {
	t.Parallel()
	_, db, temporal := desk(t)
	temporal.On("DescribeWorkflowExecution", mock.Anything, "INC-1", "").Return(nil, serviceerror.NewUnavailable("away"))
	_, err := Behind(t.Context(), temporal, db)
	require.Error(t, err)
}
