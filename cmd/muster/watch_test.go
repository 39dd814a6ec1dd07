package main

import (
	"testing"
	"time"

	"muster/api"
	"muster/api/ui"
	"muster/incident"

	"github.com/stretchr/testify/require"
)

func TestTheEarliestOfTwoTimesIsNeverAMissingOne(t *testing.T) {
	t.Parallel()
	never, early, late := time.Time{}, time.Unix(1, 0), time.Unix(2, 0)
	for name, test := range map[string]struct{ a, b, want time.Time }{
		"neither":            {never, never, never},
		"only the first":     {early, never, early},
		"only the second":    {never, early, early},
		"the first is early": {early, late, early},
		"the first is late":  {late, early, early},
	} {
		require.Equal(t, test.want, earliest(test.a, test.b), name)
	}
}

func TestPagesTakeNoCommandsWhileMusterStops(t *testing.T) {
	t.Parallel()
	pages := pageCommander{draining: func() bool { return true }}
	_, err := pages.Do(t.Context(), incident.Command{})
	require.ErrorIs(t, err, api.ErrUnavailable)
	_, err = pages.Declare(t.Context(), ui.Declaration{})
	require.ErrorIs(t, err, api.ErrUnavailable)
}
