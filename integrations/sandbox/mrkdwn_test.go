package sandbox_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/integrations/sandbox"
)

func TestMrkdwnBecomesHTML(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"plain":                      "plain",
		"*bold* and _slanted_ ~no~":  "<strong>bold</strong> and <em>slanted</em> <s>no</s>",
		"*_both_*":                   "<strong><em>both</em></strong>",
		"2 * 3 * 4":                  "2 * 3 * 4",
		"snake_case_name":            "snake_case_name",
		"*not closed":                "*not closed",
		"one\ntwo":                   "one<br>two",
		"`a *b* <c>` d":              "<code>a *b* &lt;c&gt;</code> d",
		"a ` b":                      "a ` b",
		"```\nx < y\n*z*\n```":       "<pre>x &lt; y\n*z*</pre>",
		"> quoted\n> more\nnot":      "<blockquote>quoted<br>more</blockquote>not",
		"&gt; quoted":                "<blockquote>quoted</blockquote>",
		"&lt;b&gt; &amp;amp;":        "&lt;b&gt; &amp;amp;",
		"<@U1>":                      `<span class="mention">@Sample &lt;Responder&gt;</span>`,
		"<@U2|two> <#C1> <#C2|inc>":  `<span class="mention">@two</span> <span class="mention">#inc-1</span> <span class="mention">#inc</span>`,
		"<!here> <!subteam^S1|@ops>": `<span class="mention">@here</span> <span class="mention">@ops</span>`,
		"<@U3|you>":                  `<span class="mention you">@you</span>`,
		"<!date^x^{date}|some day>":  "some day",
		"<!date^1767617940^{date_short_pretty} at {time}, {odd}|x>": `<time datetime="2026-01-05T12:59:00Z" title="2026-01-05 12:59:00 UTC">today</time> at ` +
			`<time datetime="2026-01-05T12:59:00Z" title="2026-01-05 12:59:00 UTC">12:59</time>, {odd}`,
		"<!date^1767617940^{ago}^https://example.com|x>": `<a href="https://example.com" rel="noreferrer"><time class="ago" datetime="2026-01-05T12:59:00Z" ` +
			`title="2026-01-05 12:59:00 UTC">1 hour ago</time></a>`,
		"<!date^1767622000^{ago}|x>": `<time class="ago" datetime="2026-01-05T14:06:40Z" title="2026-01-05 14:06:40 UTC">in 6 minutes</time>`,
		"<https://example.com>":      `<a href="https://example.com" rel="noreferrer">https://example.com</a>`,
		"<https://example.com|*it*>": `<a href="https://example.com" rel="noreferrer"><strong>it</strong></a>`,
		"*<https://example.com|it>*": `<strong><a href="https://example.com" rel="noreferrer">it</a></strong>`,
		"<javascript:alert(1)|x>":    "&lt;javascript:alert(1)|x&gt;",
		`<https://a.example/"onx=">`: `<a href="https://a.example/%22onx=%22" rel="noreferrer">https://a.example/&#34;onx=&#34;</a>`,
		":fire: :unknown: 14:02:33":  "🔥 :unknown: 14:02:33",
	} {
		require.Equal(t, want, sandbox.RenderMrkdwn(text), text)
	}
}

var rendererTags = regexp.MustCompile(`</?(?:strong|em|s|code|pre|br|blockquote|a|span)>|<a href="(?:https?:|mailto:)[^"<>]*" rel="noreferrer">|<span class="mention">`)

// FuzzMrkdwn: whatever the text, no tag appears that the renderer did not write, and
// every tag is closed.
func FuzzMrkdwn(f *testing.F) {
	for _, seed := range []string{"*a* _b_ ~c~ `d`", "<https://x.example|*y>*", "> *a\n_b_*", "*<@U1>*_", "```<b>```", "_*a_*", "<!x^|<", "\x00*\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		html := sandbox.RenderMrkdwn(text)
		require.NotContains(t, rendererTags.ReplaceAllString(html, ""), "<")
		for _, tag := range []string{"strong", "em", "s", "code", "pre", "blockquote", "a", "span"} {
			opened := strings.Count(html, "<"+tag+">") + strings.Count(html, "<"+tag+" ")
			require.Equal(t, opened, strings.Count(html, "</"+tag+">"), tag)
		}
	})
}
