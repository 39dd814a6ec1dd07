package playbooks_test

import (
	"fmt"
	"strings"
	"testing"

	"muster/playbooks"

	"github.com/stretchr/testify/require"
)

// laughs is a document of a few hundred bytes that stands for a billion words.
func laughs() string {
	var b strings.Builder
	b.WriteString("name: &a0 ha\n")
	for i := 1; i < 10; i++ {
		fmt.Fprintf(&b, "x%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 10), ", "))
	}
	return b.String()
}

func manySteps(count int) string {
	var b strings.Builder
	b.WriteString("name: many\nsteps:\n")
	for i := range count {
		fmt.Fprintf(&b, "- {id: s%d, title: S}\n", i)
	}
	return b.String()
}

func TestWhatIsTooMuchIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"a file of ten megabytes": {
			strings.Repeat("a: b\n", 2<<20), "p.yaml:1:1: the file has more than the 256 KiB that a playbook may have",
		},
		"ten thousand nested lists":    {strings.Repeat("[", 10_000), "p.yaml:1:33: lists and mappings are nested more than 32 deep"},
		"ten thousand lists in a line": {strings.Repeat("- ", 10_000) + "a", "p.yaml:1:65: lists and mappings are nested more than 32 deep"},
		"ten thousand mappings":        {strings.Repeat("{a: ", 10_000), "nested more than 32 deep"},
		"mappings that stand ever deeper": {
			func() string {
				var b strings.Builder
				for i := range 600 {
					b.WriteString(strings.Repeat(" ", i) + "a:\n")
				}
				return b.String()
			}(), "p.yaml:33:34: lists and mappings are nested more than 32 deep",
		},
		"keys that stand ever deeper":   {strings.Repeat("? ", 10_000), "nested more than 32 deep"},
		"a hundred thousand list items": {strings.Repeat("- a\n", 60_000), "more than 50000 words and marks"},
		"a billion laughs":              {laughs(), "with every alias (*) filled in, this has more than 50000 parts"},
		"an alias without an anchor":    {"name: *nothing\n", "p.yaml:1:7: there is no &nothing before this *nothing"},
		"an anchor that holds itself":   {"name: &a [*a]\n", "*a stands within &a, so it would contain itself"},
		"a zero byte":                   {"name: a\ndescription: a\x00b\n", "p.yaml:2:15: the character U+0000 cannot stand in a playbook"},
		"bytes that are no text":        {"\xff\xfe\x00", "p.yaml:1:1: the file is not UTF-8 from here on"},
		"nothing":                       {"", "p.yaml:1:1: the file holds no playbook"},
		"nothing but an empty document": {"---\n", "the file holds no playbook"},
		"more steps than people follow": {manySteps(201), "p.yaml:3:1: there are 201 steps here, and 200 are allowed"},
		"a title as long as a book": {
			"name: a\nroles:\n- {id: a, title: " + strings.Repeat("long ", 100) + "}\n",
			"p.yaml:3:18: this has 499 characters, and 200 are allowed",
		},
		"an instruction as long as a book": {
			"name: a\nsteps:\n- {id: a, title: A, instructions: " + strings.Repeat("long ", 3_000) + "}\n",
			"this has 14999 characters, and 10000 are allowed",
		},
		"a condition as long as a book": {
			"name: a\nsteps:\n- {id: a, title: A, when: 'true" + strings.Repeat(" || true", 1_000) + "'}\n",
			"the expression has 8004 bytes, and 4096 are allowed",
		},
		"a merged mapping that hides what is written": {
			"name: a\nsteps:\n- &base {id: a, title: A}\n- {id: b, <<: *base}\n", "p.yaml:4:11: << must stand first in its mapping",
		},
		"a tag":                         {"name: a\nsteps: ! {id: a, title: A}\n", "p.yaml:2:8: ! is a YAML tag, which means nothing in a playbook"},
		"a key that stands there twice": {"name: a\nname: b\n", "p.yaml:2:1: mapping key \"name\" already defined at [1:1]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := playbooks.Parse("p.yaml", []byte(c.text))
			var findings playbooks.Findings
			require.ErrorAs(t, err, &findings)
			require.Len(t, findings, 1)
			require.ErrorContains(t, err, c.want)
			require.Less(t, len(err.Error()), 100_000)
		})
	}
}

func TestWhatIsUnusualIsFine(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"a byte order mark":                 "\uFEFFname: a\n",
		"carriage returns":                  "name: a\r\nsteps:\r\n- {id: a, title: A}\r\n",
		"a document that begins and ends":   "---\nname: a\n...\n",
		"remarks before and after":          "# before\n---\n# and here\nname: a\n---\n# nothing\n",
		"an anchor that is used":            "name: a\ndescription: &text Text\nsteps:\n- {id: a, title: *text}\n",
		"a mapping that is merged":          "name: a\nsteps:\n- &base {id: a, title: A}\n- {<<: *base, id: b}\n",
		"as many steps as are allowed":      manySteps(200),
		"a replacement character":           "name: a\ndescription: \uFFFD\n",
		"a line that only looks like lists": "name: a\ndescription: \"" + strings.Repeat("[- ", 100) + "\"\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := playbooks.Parse("p.yaml", []byte(text))
			require.NoError(t, err)
			require.NotEmpty(t, p.Name)
		})
	}
}
