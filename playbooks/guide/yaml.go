package guide

import (
	"regexp"
	"strings"
)

// Token is a piece of YAML with what it is: "key", "comment", "text", "fill" for a ${…}, or
// "" for the rest.
type Token struct{ Kind, Text string }

var (
	yamlLine = regexp.MustCompile(`^(\s*(?:- +)*)([A-Za-z0-9_.-]+|"[^"]*")(:)(\s.*)?$`)
	yamlFill = regexp.MustCompile(`\$\{[^}\n]*\}`)
	// yamlBlock begins a text of several lines.
	yamlBlock = regexp.MustCompile(`(^|\s)[|>][-+0-9]*\s*(#.*)?$`)
)

// Highlight takes YAML apart for colouring, line by line. It knows as much of the language as
// playbooks are written in; what it takes for the wrong thing is only coloured wrongly. The
// tokens together are the source, without its control characters.
func Highlight(source string) [][]Token {
	var all [][]Token
	block := -1
	for _, line := range strings.Split(strings.TrimRight(source, "\n"), "\n") {
		line = printable(strings.TrimRight(line, "\r"))
		indent := len(line) - len(strings.TrimLeft(line, " "))
		if block >= 0 && (indent > block || strings.TrimSpace(line) == "") {
			all = append(all, fills(line, "text"))
			continue
		}
		block = -1
		all = append(all, highlightLine(line))
		if yamlBlock.MatchString(line) && !strings.HasPrefix(strings.TrimSpace(line), "#") {
			block = indent
		}
	}
	return all
}

func highlightLine(line string) []Token {
	if strings.HasPrefix(strings.TrimSpace(line), "#") {
		return []Token{{"comment", line}}
	}
	parts := yamlLine.FindStringSubmatch(line)
	if parts == nil {
		return value(line)
	}
	return append(nonEmpty(Token{"", parts[1]}, Token{"key", parts[2]}, Token{"", parts[3]}), value(parts[4])...)
}

// value takes a value apart from the comment behind it.
func value(text string) []Token {
	trimmed := strings.TrimSpace(text)
	quoted := strings.HasPrefix(trimmed, `"`) || strings.HasPrefix(trimmed, `'`)
	if i := strings.Index(text, " #"); i >= 0 && !quoted {
		return append(fills(text[:i], "text"), Token{"comment", text[i:]})
	}
	return fills(text, "text")
}

// fills takes a text apart from what is filled in.
func fills(text, kind string) []Token {
	var all []Token
	for _, at := range yamlFill.FindAllStringIndex(text, -1) {
		all = append(all, Token{"fill", text[at[0]:at[1]]})
	}
	var tokens []Token
	for _, fill := range all {
		before, after, _ := strings.Cut(text, fill.Text)
		tokens = append(tokens, nonEmpty(Token{kind, before}, fill)...)
		text = after
	}
	return append(tokens, nonEmpty(Token{kind, text})...)
}

func nonEmpty(tokens ...Token) []Token {
	var all []Token
	for _, t := range tokens {
		if t.Text != "" {
			all = append(all, t)
		}
	}
	return all
}
