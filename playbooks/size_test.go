package playbooks_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"muster/incident"
	"muster/playbooks"

	"github.com/stretchr/testify/require"
)

func TestAliasesMakeNoPlaybookThatIsTooLargeToTravel(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	text.WriteString("name: p\nsteps:\n  - {id: a, title: A, instructions: &long '" + strings.Repeat("x", 10_000) + "'}\n")
	for i := range 100 {
		fmt.Fprintf(&text, "  - {id: s%d, title: S, instructions: *long}\n", i)
	}
	_, err := playbooks.Parse("p.yaml", []byte(text.String()))
	require.ErrorContains(t, err, "KiB, and 512 are allowed")
}

func TestWhatIsFilledInStaysSmallEnoughToTravel(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	text.WriteString("name: p\nsteps:\n")
	for i := range 100 {
		fmt.Fprintf(&text, "  - {id: s%d, title: S, instructions: '${incident.summary}'}\n", i)
	}
	fmt.Fprintf(&text, "  - {id: big, title: B, do: note.add, with: {text: '%s'}}\n", strings.Repeat("${incident.summary}", 15))
	p, err := playbooks.Parse("p.yaml", []byte(text.String()))
	require.NoError(t, err)
	s := declared(t)
	s.Summary = strings.Repeat("x", incident.MaxTextRunes)
	attach, err := p.Attach(s)
	require.NoError(t, err)
	written, err := json.Marshal(attach.Steps)
	require.NoError(t, err)
	require.Less(t, len(written), 256<<10)
	require.Equal(t, s.Summary, attach.Steps[0].Instructions)
	require.Equal(t, "${incident.summary}", attach.Steps[99].Instructions, "there is no room for it any more")

	f := &follower{t: t, playbook: p, state: s, agenda: playbooks.NewAgenda(p, nil), inFlight: map[string]bool{}}
	f.do(began, attach)
	require.Empty(t, f.settle(began).Work)
	big, _ := f.state.Step("big")
	require.Contains(t, big.Error, "more than 128 KiB")
}
