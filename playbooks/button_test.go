package playbooks_test

import (
	"testing"

	"muster/playbooks"

	"github.com/stretchr/testify/require"
)

func TestButtonsAreReadInTheirOrder(t *testing.T) {
	t.Parallel()
	got, err := playbooks.ParseButtons(" acknowledge take_role  take_role:commander step:run-check snooze ")
	require.NoError(t, err)
	require.Equal(t, []playbooks.Button{
		{Name: playbooks.ButtonAcknowledge}, {Name: playbooks.ButtonTakeRole}, {Name: playbooks.ButtonTakeRole, Of: "commander"},
		{Name: playbooks.ButtonStep, Of: "run-check"}, {Name: playbooks.ButtonSnooze},
	}, got)
	got, err = playbooks.ParseButtons("")
	require.NoError(t, err)
	require.Empty(t, got)
}

func TestButtonsThatMakeNoSenseAreRefused(t *testing.T) {
	t.Parallel()
	for text, says := range map[string]string{
		"acknowledged": "must be buttons such as acknowledge", "resolve:now": "nothing after resolve", "complete": "complete:STEP",
		"take_role:": "take_role:ROLE", ":": "must be buttons",
		"update update update update update update update update update update update": "10 buttons at most",
	} {
		_, err := playbooks.ParseButtons(text)
		require.ErrorContains(t, err, says, text)
	}
}

func FuzzParseButtons(f *testing.F) {
	f.Add("acknowledge take_role:commander")
	f.Add("step:")
	f.Fuzz(func(t *testing.T, text string) {
		buttons, err := playbooks.ParseButtons(text)
		if err != nil {
			require.Empty(t, buttons)
		}
		for _, b := range buttons {
			require.NotEmpty(t, b.Name)
			require.NotContains(t, b.Of, " ")
		}
	})
}
