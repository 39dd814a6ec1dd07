package postmortem

import (
	"html"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"pgregory.net/rapid"
)

// markdownReader reads Markdown as GitHub does, apart from turning bare addresses
// into links, which changes no text.
var markdownReader = goldmark.New(goldmark.WithExtensions(extension.Table, extension.Strikethrough, extension.TaskList))

// read returns the text that a reader of the Markdown sees, and the elements used.
func read(t require.TestingT, markdown string) (text string, elements []string) {
	var out strings.Builder
	require.NoError(t, markdownReader.Convert([]byte(markdown), &out))
	for _, tag := range tags.FindAllStringSubmatch(out.String(), -1) {
		elements = append(elements, tag[1])
	}
	return html.UnescapeString(strings.TrimSpace(tags.ReplaceAllString(out.String(), ""))), elements
}

var tags = regexp.MustCompile(`</?([a-z0-9]+)[^>]*>`)

// nasty generates text out of what means something to Markdown or to HTML.
func nasty() *rapid.Generator[string] {
	piece := rapid.OneOf(
		rapid.SampledFrom([]string{
			"\\", "`", "*", "_", "**", "__", "{", "}", "[", "]", "(", ")", "<", ">", "#", "+", "-", ".", "!", "|", "~~", "&", "&lt;", "&#35;",
			"1.", "2)", "---", "===", "```", "~~~", ">", "- [ ] ", ":--", "|-|", "<b>", "</b>", "<!--", "-->", "![", "](x)", "[x]: y", "<?", "<![CDATA[",
			"http://a.example/", "https://b.example/c_d_e", "javascript:x", "a", "word", " ", "  ", "    ", "\t", "é", "\n", "\n\n", "\r\n", "\u2028", "$x$", ":smile:", "@all",
		}),
		rapid.StringOfN(rapid.Rune(), 1, 4, -1),
	)
	return rapid.Custom(func(t *rapid.T) string { return strings.Join(rapid.SliceOfN(piece, 0, 12).Draw(t, "pieces"), "") })
}

func TestMarkdownShowsAnyTextAsItWasWritten(t *testing.T) {
	t.Parallel()
	t.Run("in a paragraph, on one line", func(t *testing.T) {
		t.Parallel()
		rapid.Check(t, func(t *rapid.T) {
			wrote := nasty().Draw(t, "text")
			text, elements := read(t, "x\n\n"+markdownSpans(plain(wrote), "", true))
			require.Equal(t, strings.TrimSpace("x\n"+oneLine(wrote)), text)
			require.Subset(t, []string{"p"}, elements)
		})
	})
	t.Run("in a list, on many lines with links", func(t *testing.T) {
		t.Parallel()
		rapid.Check(t, func(t *rapid.T) {
			wrote := nasty().Draw(t, "text")
			var want []string
			for line := range strings.Lines(newlines.Replace(wrote)) {
				if line = oneLine(line); line != "" {
					want = append(want, line)
				}
			}
			if len(want) == 0 {
				return
			}
			text, elements := read(t, markdownList(list{Items: [][]span{prose(wrote)}}))
			require.Equal(t, strings.Join(want, "\n"), text)
			require.Subset(t, []string{"ul", "li", "br", "a"}, elements)
		})
	})
	t.Run("in a table", func(t *testing.T) {
		t.Parallel()
		rapid.Check(t, func(t *rapid.T) {
			wrote := nasty().Draw(t, "text")
			cells := [][]span{plain(wrote), {link(wrote, "https://a.example/x|y")}, plain("end")}
			text, _ := read(t, markdownTable(table{Head: []string{"A", "B", "C"}, Rows: [][][]span{cells}}))
			one := oneLine(wrote)
			require.Equal(t, strings.Fields("A B C "+one+" "+one+" end"), strings.Fields(text))
		})
	})
	t.Run("in a heading", func(t *testing.T) {
		t.Parallel()
		rapid.Check(t, func(t *rapid.T) {
			wrote := nasty().Draw(t, "text")
			text, elements := read(t, "# Title: "+headingText(wrote))
			require.Equal(t, strings.TrimSpace("Title: "+oneLine(wrote)), text)
			require.Subset(t, []string{"h1"}, elements)
		})
	})
	t.Run("in strong type", func(t *testing.T) {
		t.Parallel()
		rapid.Check(t, func(t *rapid.T) {
			wrote := nasty().Draw(t, "text")
			text, elements := read(t, markdownSpans([]span{strong(wrote + ":"), {Text: " value"}}, "", true))
			require.Equal(t, oneLine(wrote+":")+" value", text)
			require.Subset(t, []string{"p", "strong"}, elements)
		})
	})
}

func TestTextThatIsHarmlessStaysReadable(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"p99 < 200 ms, was > 1 s", "snake_case_name", "R&D", "a - b = c + d", "C:\\temp is full", "issue #12", "3. attempt? (yes!)",
	} {
		require.Equal(t, text, escape(text))
	}
}

func TestOnlyWebAddressesInProseBecomeLinks(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ wrote, markdown string }{
		"an address is a link to itself":              {"see https://a.example/b_c.", "see <https://a.example/b_c>."},
		"an address in brackets ends with them":       {"(http://a.example/)", "(<http://a.example/>)"},
		"an address with a character reference stays": {"https://a.example/?a&lt;b", `https://a.example/?a\&lt;b`},
		"another scheme stays text":                   {"javascript:alert(1)", "javascript:alert(1)"},
		"a link in Markdown stays text":               {"[a](javascript:x)", `\[a\](javascript:x)`},
		"a scheme alone stays text":                   {"https://", "https://"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.markdown, markdownSpans(prose(c.wrote), "", true))
		})
	}
}
