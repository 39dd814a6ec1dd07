package playbooks_test

import (
	"encoding/json"
	"testing"

	"muster/playbooks"

	"github.com/stretchr/testify/require"
)

var reported = playbooks.Findings{
	{File: "playbooks/a b.yaml", Line: 3, Column: 7, Severity: playbooks.Error, Rule: "unknown-step", Message: `there is no step "100 %: a, b"`, Hint: "did you\nmean c?"},
	{File: "playbooks/ä.yaml", Line: 1, Column: 1, Severity: playbooks.Warning, Rule: "missing-fallback", Message: "nobody answers"},
	{File: "/elsewhere/c,d.yaml", Line: 2, Column: 5, Severity: playbooks.Note, Rule: "dead-end", Message: "nothing follows"},
}

func TestGitHubReadsAnnotationsWhateverIsInThem(t *testing.T) {
	t.Parallel()
	require.Equal(t, `::error file=playbooks/a b.yaml,line=3,col=7,title=unknown-step::there is no step "100 %25: a, b"%0Adid you%0Amean c?
::warning file=playbooks/ä.yaml,line=1,col=1,title=missing-fallback::nobody answers
::notice file=/elsewhere/c%2Cd.yaml,line=2,col=5,title=dead-end::nothing follows
`, reported.GitHub())
	require.Empty(t, playbooks.Findings(nil).GitHub())
}

// sarif has what SARIF's schema requires of the parts that are written.
type sarif struct {
	Schema  string `json:"$schema"`
	Version string `json:"version"`
	Runs    []struct {
		Tool struct {
			Driver struct {
				Name  string `json:"name"`
				Rules []struct {
					ID               string `json:"id"`
					ShortDescription struct {
						Text string `json:"text"`
					} `json:"shortDescription"`
					DefaultConfiguration struct {
						Level string `json:"level"`
					} `json:"defaultConfiguration"`
				} `json:"rules"`
			} `json:"driver"`
		} `json:"tool"`
		ColumnKind string `json:"columnKind"`
		Results    []struct {
			RuleID    string `json:"ruleId"`
			RuleIndex int    `json:"ruleIndex"`
			Level     string `json:"level"`
			Message   struct {
				Text string `json:"text"`
			} `json:"message"`
			Locations []struct {
				PhysicalLocation struct {
					ArtifactLocation struct {
						URI       string `json:"uri"`
						URIBaseID string `json:"uriBaseId"`
					} `json:"artifactLocation"`
					Region struct {
						StartLine   int `json:"startLine"`
						StartColumn int `json:"startColumn"`
					} `json:"region"`
				} `json:"physicalLocation"`
			} `json:"locations"`
		} `json:"results"`
	} `json:"runs"`
}

func TestSARIFHasEveryFindingWithItsRuleAndPlace(t *testing.T) {
	t.Parallel()
	text, err := reported.SARIF("1.2.3")
	require.NoError(t, err)
	var log sarif
	require.NoError(t, json.Unmarshal(text, &log))
	require.Equal(t, "2.1.0", log.Version)
	require.Len(t, log.Runs, 1)
	run := log.Runs[0]
	require.Equal(t, "unicodeCodePoints", run.ColumnKind)
	require.Len(t, run.Tool.Driver.Rules, len(playbooks.Rules()))
	require.Len(t, run.Results, len(reported))
	uris := []string{"playbooks/a%20b.yaml", "playbooks/%C3%A4.yaml", "file:///elsewhere/c,d.yaml"}
	for i, result := range run.Results {
		rule := run.Tool.Driver.Rules[result.RuleIndex]
		require.Equal(t, result.RuleID, rule.ID)
		require.NotEmpty(t, rule.ShortDescription.Text)
		require.Equal(t, result.Level, rule.DefaultConfiguration.Level)
		require.Contains(t, []string{"error", "warning", "note"}, result.Level)
		require.Contains(t, result.Message.Text, reported[i].Message)
		place := result.Locations[0].PhysicalLocation
		require.Equal(t, uris[i], place.ArtifactLocation.URI)
		require.Equal(t, reported[i].Line, place.Region.StartLine)
		require.Equal(t, reported[i].Column, place.Region.StartColumn)
	}
	require.Equal(t, "%SRCROOT%", run.Results[0].Locations[0].PhysicalLocation.ArtifactLocation.URIBaseID)
	require.Empty(t, run.Results[2].Locations[0].PhysicalLocation.ArtifactLocation.URIBaseID)

	text, err = playbooks.Findings(nil).SARIF("1.2.3")
	require.NoError(t, err)
	require.Contains(t, string(text), `"results": []`)
}
