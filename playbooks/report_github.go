package playbooks

import (
	"fmt"
	"path/filepath"
	"strings"
)

// GitHub writes the findings as workflow commands, one line each, which GitHub Actions shows
// beside the lines of a pull request. The form and its escapes are those of
// https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands.
func (f Findings) GitHub() string {
	commands := map[Severity]string{Error: "error", Warning: "warning", Note: "notice"}
	var b strings.Builder
	for _, finding := range f {
		text := finding.Message
		if finding.Hint != "" {
			text += "\n" + finding.Hint
		}
		fmt.Fprintf(&b, "::%s file=%s,line=%d,col=%d,title=%s::%s\n", commands[finding.Severity],
			commandProperty.Replace(filepath.ToSlash(finding.File)), finding.Line, finding.Column,
			commandProperty.Replace(finding.Rule), commandText.Replace(text))
	}
	return b.String()
}

var (
	commandText     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	commandProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)
