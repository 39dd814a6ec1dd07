package playbooks_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"muster/incident"
	"muster/playbooks"

	"github.com/stretchr/testify/require"
)

// libraryPage is where people read about the built-in playbooks. What stands below the mark is
// made of the playbooks.
const (
	libraryPage = "../docs/library.md"
	libraryMark = "<!-- From here on, this page is made by `go test ./playbooks -run Page -update`. -->\n"
)

func TestThePageOfTheLibrarySaysWhatItsPlaybooksSay(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(libraryPage)
	require.NoError(t, err)
	above, below, marked := strings.Cut(string(page), libraryMark)
	require.True(t, marked, "the mark is missing")
	want := libraryText(builtIn(t))
	if *update {
		require.NoError(t, os.WriteFile(libraryPage, []byte(above+libraryMark+want), 0o600))
		return
	}
	require.Equal(t, want, below)
}

func libraryText(library playbooks.Library) string {
	names := library.Names()
	slices.SortStableFunc(names, func(a, b string) int { return library[b].Priority - library[a].Priority })
	var b strings.Builder
	b.WriteString("\n| playbook | for |\n| --- | --- |\n")
	for _, name := range names {
		fmt.Fprintf(&b, "| [%s](#%s) | %s |\n", name, name, library[name].Description)
	}
	for _, name := range names {
		p := library[name]
		fmt.Fprintf(&b, "\n## %s\n\n%s [Text](../playbooks/library/%s.yaml), [scenarios](../playbooks/library/%s.test.yaml).\n\n", name, p.Description, name, name)
		if p.When != "" {
			fmt.Fprintf(&b, "Priority %d. Chosen when\n\n```cel\n%s\n```\n\n", p.Priority, strings.TrimSpace(p.When))
		}
		writeRoles(&b, p, library[playbooks.Default])
		writeSteps(&b, p)
	}
	return strings.ReplaceAll(b.String(), "${incident.service.name}", "the service")
}

// writeRoles lists the roles that the default response has not.
func writeRoles(b *strings.Builder, p, base *playbooks.Playbook) {
	var titles []string
	for _, r := range p.Roles {
		if p == base || !slices.ContainsFunc(base.Roles, func(other playbooks.Role) bool { return other.ID == r.ID }) {
			titles = append(titles, r.Title)
		}
	}
	word := "Further roles"
	if p == base {
		word = "Roles"
	}
	fmt.Fprintf(b, "%s: %s.\n\n", word, strings.Join(titles, ", "))
}

// writeSteps lists what the playbook itself says is to be done.
func writeSteps(b *strings.Builder, p *playbooks.Playbook) {
	role := map[string]string{}
	for _, r := range p.Roles {
		role[r.ID] = r.Title
	}
	group := ""
	for _, s := range p.Steps {
		if s.Playbook != "" && s.Playbook != p.Name {
			continue
		}
		if s.Group != group && s.GroupTitle != "" {
			fmt.Fprintf(b, "- **%s**\n", s.GroupTitle)
		}
		group = s.Group
		indent := ""
		if group != "" {
			indent = "  "
		}
		fmt.Fprintf(b, "%s- %s%s\n", indent, s.Title, remark(s, role))
	}
}

// remark says in a few words of what kind a step is.
func remark(s playbooks.Step, role map[string]string) string {
	switch s.Kind() {
	case incident.Automatic:
		return " *(automatic)*"
	case incident.Wait:
		return " *(wait)*"
	case incident.Approval:
		people := make([]string, len(s.Approval.By))
		for i, id := range s.Approval.By {
			people[i] = role[id]
		}
		switch {
		case s.Approval.Quorum > 1:
			return fmt.Sprintf(" *(approval by %d of: %s)*", s.Approval.Quorum, strings.Join(people, ", "))
		case len(people) > 0:
			return fmt.Sprintf(" *(approval by the %s)*", strings.Join(people, ", "))
		}
		return " *(approval)*"
	case incident.Decision:
		var ways []string
		for _, o := range s.Decide {
			ways = append(ways, o.Title)
		}
		return " " + strings.Join(ways, " · ") + " *(decision)*"
	}
	return ""
}
