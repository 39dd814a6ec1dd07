package main

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTheCommandLineIsUnderstood(t *testing.T) {
	t.Parallel()
	s, err := parse([]string{"-only", "queries,intake", "-seconds", "2", "-report", "file"}, io.Discard)
	require.NoError(t, err)
	require.Equal(t, []string{"queries", "intake"}, s.only)
	require.Equal(t, 2*time.Second, s.each)
	require.Equal(t, 100, s.inProportion(200))
	require.Equal(t, "go run ./internal/bench -only queries,intake -seconds 2 -report file", s.command)

	s, err = parse(nil, io.Discard)
	require.NoError(t, err)
	require.Equal(t, partNames(), s.only)
	require.Equal(t, 200, s.inProportion(200))
}

func TestAWrongCommandLineIsRefusedWithAReason(t *testing.T) {
	t.Parallel()
	for reason, args := range map[string][]string{
		"there is no part \"speed\"": {"-only", "speed"},
		"-seconds must be":           {"-seconds", "0"},
		"there is no argument":       {"intake"},
		"-incidents must be":         {"-incidents", "10"},
		"there is no muster":         {"-muster", "nowhere/muster", "-only", "intake"},
	} {
		var complaint bytes.Buffer
		require.Equal(t, exitNoRun, execute(t.Context(), args, strings.NewReader(""), io.Discard, &complaint))
		require.Contains(t, complaint.String(), reason)
	}
}

func TestTheLoadPartAnswersInJSON(t *testing.T) {
	t.Parallel()
	var complaint bytes.Buffer
	require.Equal(t, 1, execute(t.Context(), []string{"load"}, strings.NewReader("no plan"), io.Discard, &complaint))
	require.Contains(t, complaint.String(), "the plan cannot be read")
}
