package integrations_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"muster/integrations"
)

func TestShorten(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		text  string
		limit int
		want  string
	}{
		"leaves what fits":                          {"checkout fails", 14, "checkout fails"},
		"cuts after a word where that is near":      {"checkout of the shop fails", 21, "checkout of the shop…"},
		"cuts a word where none ends nearby":        {"checkout-of-the-shop", 10, "checkout-…"},
		"leaves no space before the ellipsis":       {"checkout fails", 10, "checkout…"},
		"keeps a family together":                   {"ab👩‍👩‍👧‍👦cd", 8, "ab…"},
		"keeps a skin tone with its hand":           {"ab👍🏽cd", 6, "ab…"},
		"keeps a flag whole":                        {"ab🇩🇪cd", 6, "ab…"},
		"keeps an accent with its letter":           {"abcde\u0301f", 6, "abcd…"},
		"keeps a heart red":                         {"abcd❤\ufe0fef", 6, "abcd…"},
		"counts characters beyond the basic as two": {"💥💥💥", 5, "💥💥…"},
		"has nothing to say within no limit":        {"checkout", 0, ""},
		"has an ellipsis to say within one":         {"checkout", 1, "…"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, row.want, integrations.Shorten(row.text, row.limit, integrations.UTF16Length))
		})
	}
}

func TestShortenKeepsTheLimitOfAnyText(t *testing.T) {
	t.Parallel()
	escaped := func(text string) int { return integrations.UTF16Length(strings.ReplaceAll(text, "&", "&amp;")) }
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.OneOf(
			rapid.Rune(), rapid.SampledFrom([]rune("& \n\u200d\ufe0f👩🏽🇩")),
		)).Draw(t, "text")
		limit := rapid.IntRange(0, 40).Draw(t, "limit")
		short := integrations.Shorten(text, limit, escaped)
		require.LessOrEqual(t, escaped(short), limit)
		require.True(t, utf8.ValidString(short))
		if short != text {
			require.True(t, strings.HasPrefix(text, strings.TrimSuffix(short, "…")))
		}
	})
}

func TestPrintable(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ text, want string }{
		"keeps lines and columns":         {"a\nb\tc", "a\nb\tc"},
		"knows the line breaks of others": {"a\r\nb", "a\nb"},
		"drops control characters":        {"a\x00b\x1b[31mc\u0085", "ab[31mc"},
		"drops direction overrides":       {"a\u202etxt.exe\u202c", "atxt.exe\u202c"},
		"keeps right-to-left text":        {"שלום \u200f!", "שלום \u200f!"},
		"marks broken bytes":              {"a\xffb", "a\ufffdb"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, row.want, integrations.Printable(row.text))
		})
	}
}

func TestLine(t *testing.T) {
	t.Parallel()
	require.Equal(t, "checkout fails since 14:32", integrations.Line("\n checkout\r\nfails\t since\u00a014:32\x00 "))
}

func TestWebAddress(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"https://example.com/x?y=1": true,
		"http://127.0.0.1:8080":     true,
		"HTTPS://example.com":       true,
		"javascript:alert(1)":       false,
		"//example.com/x":           false,
		"example.com":               false,
		"https://":                  false,
		"https://exa mple.com":      false,
		"":                          false,
	} {
		_, ok := integrations.WebAddress(address)
		require.Equal(t, want, ok, address)
	}
}
