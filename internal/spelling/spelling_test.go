package spelling_test

import (
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"muster/internal/spelling"
)

func TestEditsAreCounted(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		from, to string
		want     int
	}{
		"the same word needs none":                       {"resolve", "resolve", 0},
		"nothing needs none to become nothing":           {"", "", 0},
		"a whole word is inserted":                       {"", "page", 4},
		"a letter is inserted":                           {"sverity", "severity", 1},
		"a letter is dropped":                            {"notee", "note", 1},
		"a letter is replaced":                           {"nore", "note", 1},
		"two neighbours are swapped":                     {"chekcout", "checkout", 1},
		"two at the beginning are swapped":               {"apge", "page", 1},
		"two pairs are swapped":                          {"ntoe lsit", "note list", 2},
		"a swapped pair takes no letter between them":    {"ca", "abc", 3},
		"neighbours only: letters further away are two":  {"step", "spet", 2},
		"upper and lower case are different letters":     {"SEV1", "sev1", 3},
		"a letter is a code point, whatever its bytes":   {"küche", "kuche", 1},
		"an emoji is one as well":                        {"📌", "", 1},
		"words with nothing in common need the longer's": {"abc", "wxyz", 4},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, spelling.Edits(c.from, c.to))
			require.Equal(t, c.want, spelling.Edits(c.to, c.from), "the other way round")
		})
	}
}

func FuzzEdits(f *testing.F) {
	f.Add("note", "ntoe")
	f.Add("", "é")
	f.Add("\xff", "a")
	f.Fuzz(func(t *testing.T, from, to string) {
		n := spelling.Edits(from, to)
		require.Equal(t, n, spelling.Edits(to, from))
		require.LessOrEqual(t, n, max(utf8.RuneCountInString(from), utf8.RuneCountInString(to)))
		require.GreaterOrEqual(t, n, utf8.RuneCountInString(from)-utf8.RuneCountInString(to))
		require.Equal(t, n == 0, string([]rune(from)) == string([]rune(to)))
		require.Equal(t, 1, spelling.Edits(from, from+"x"))
	})
}
