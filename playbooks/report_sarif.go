package playbooks

import (
	"encoding/json"
	"net/url"
	"path/filepath"
	"slices"
)

// SARIF writes the findings as a log of SARIF 2.1.0
// (https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html), which code scanning and
// editors read. The version is that of the program. Names of files that are relative are taken
// as relative to the root of the source.
func (f Findings) SARIF(version string) ([]byte, error) {
	driver := sarifDriver{Name: "muster playbook check", Version: version}
	for _, rule := range rules {
		driver.Rules = append(driver.Rules, sarifRule{
			ID: rule.ID, ShortDescription: sarifText{rule.Doc}, DefaultConfiguration: sarifConfiguration{string(rule.Severity)},
		})
	}
	run := sarifRun{Tool: sarifTool{driver}, ColumnKind: "unicodeCodePoints", Results: []sarifResult{}}
	for _, finding := range f {
		text := finding.Message
		if finding.Hint != "" {
			text += "\n" + finding.Hint
		}
		run.Results = append(run.Results, sarifResult{
			RuleID:    finding.Rule,
			RuleIndex: slices.IndexFunc(rules, func(r Rule) bool { return r.ID == finding.Rule }),
			Level:     string(finding.Severity), // errors, warnings and notes are called the same
			Message:   sarifText{text},
			Locations: []sarifLocation{{sarifPhysicalLocation{
				ArtifactLocation: artifact(finding.File),
				Region:           sarifRegion{StartLine: finding.Line, StartColumn: finding.Column},
			}}},
		})
	}
	return json.MarshalIndent(sarifLog{
		Schema:  "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
		Version: "2.1.0", Runs: []sarifRun{run},
	}, "", "  ")
}

// artifact is a file as a URI.
func artifact(file string) sarifArtifact {
	address := url.URL{Path: filepath.ToSlash(file)}
	if filepath.IsAbs(file) {
		address.Scheme = "file"
		return sarifArtifact{URI: address.String()}
	}
	return sarifArtifact{URI: address.String(), URIBaseID: "%SRCROOT%"}
}

// The parts of a log that are used here, in the standard's words.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool       sarifTool     `json:"tool"`
		ColumnKind string        `json:"columnKind"`
		Results    []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version,omitzero"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID                   string             `json:"id"`
		ShortDescription     sarifText          `json:"shortDescription"`
		DefaultConfiguration sarifConfiguration `json:"defaultConfiguration"`
	}
	sarifConfiguration struct {
		Level string `json:"level"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		RuleID    string          `json:"ruleId"`
		RuleIndex int             `json:"ruleIndex"`
		Level     string          `json:"level"`
		Message   sarifText       `json:"message"`
		Locations []sarifLocation `json:"locations"`
	}
	sarifLocation struct {
		PhysicalLocation sarifPhysicalLocation `json:"physicalLocation"`
	}
	sarifPhysicalLocation struct {
		ArtifactLocation sarifArtifact `json:"artifactLocation"`
		Region           sarifRegion   `json:"region"`
	}
	sarifArtifact struct {
		URI       string `json:"uri"`
		URIBaseID string `json:"uriBaseId,omitzero"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn"`
	}
)
