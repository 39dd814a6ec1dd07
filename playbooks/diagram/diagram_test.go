package diagram_test

import (
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"muster/playbooks"
	"muster/playbooks/diagram"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err, "run the test with -update to write it")
	require.Empty(t, cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")), "run the test with -update if this is meant")
}

// drawn are the built-in playbooks, and those that the tests make.
func drawn(t *testing.T) playbooks.Library {
	t.Helper()
	library, err := playbooks.BuiltIn()
	require.NoError(t, err)
	return library.With(playbooks.Library{"sample": badDeploy(), "hostile": hostile()})
}

func TestDrawingsAreThoseOfTheGoldenFiles(t *testing.T) {
	t.Parallel()
	small := &playbooks.Playbook{Name: "small", Steps: badDeploy().Steps[:5]}
	for name, drawn := range map[string]string{
		"small.svg":             diagram.SVG(small, diagram.Options{}),
		"small-narrow.svg":      diagram.SVG(small, diagram.Options{Width: 300}),
		"bad-deploy.svg":        diagram.SVG(badDeploy(), diagram.Options{Standalone: true}),
		"bad-deploy-midway.svg": diagram.SVG(badDeploy(), diagram.Options{Progress: underWay(), Link: func(id string) string { return "#step-" + id }, Standalone: true}),
		"hostile.svg":           diagram.SVG(hostile(), diagram.Options{Standalone: true}),
		"bad-deploy.mmd":        diagram.Mermaid(badDeploy()),
		"hostile.mmd":           diagram.Mermaid(hostile()),
		"nothing.svg":           diagram.SVG(&playbooks.Playbook{Name: "nothing"}, diagram.Options{}),
	} {
		golden(t, name, drawn)
	}
}

// element is what the tests look at in a drawing.
type element struct {
	XMLName  xml.Name
	Attrs    []xml.Attr `xml:",any,attr"`
	Text     string     `xml:",chardata"`
	Children []element  `xml:",any"`
}

func (e element) attr(name string) string {
	for _, a := range e.Attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func (e element) all(visit func(element)) {
	visit(e)
	for _, child := range e.Children {
		child.all(visit)
	}
}

func parsed(t *testing.T, drawing string) element {
	t.Helper()
	var root element
	decoder := xml.NewDecoder(strings.NewReader(drawing))
	require.NoError(t, decoder.Decode(&root), "%s", drawing)
	_, err := decoder.Token()
	for err == nil {
		_, err = decoder.Token()
	}
	require.ErrorIs(t, err, io.EOF)
	return root
}

func TestTextsStayTexts(t *testing.T) {
	t.Parallel()
	for _, standalone := range []bool{true, false} {
		drawing := diagram.SVG(hostile(), diagram.Options{Standalone: standalone, Link: func(id string) string { return `/playbooks/x"><script>#` + id }})
		parsed(t, drawing).all(func(e element) {
			require.Contains(t, []string{"svg", "title", "desc", "style", "g", "path", "rect", "text", "circle", "a"}, e.XMLName.Local)
			for _, a := range e.Attrs {
				require.False(t, strings.HasPrefix(a.Name.Local, "on"), a.Name.Local)
				require.NotEqual(t, "style", a.Name.Local)
			}
		})
		require.NotContains(t, drawing, "<script")
		require.NotContains(t, drawing, "\u202e")
	}
	text := diagram.Mermaid(hostile())
	for _, line := range strings.Split(strings.TrimSpace(text), "\n")[1:] {
		require.Regexp(t, `^ +(subgraph g\d+\[".*"\]|end|s\d+(\[\[".*"\]\]|\[".*"\]|\(\[".*"\]\)|\(".*"\)|\{\{".*"\}\})|s\d+ (-->|-\.->)(\|".*"\|)? s\d+|class(Def)? .*)$`, line)
	}
	require.NotContains(t, text, "```")
	require.NotContains(t, text, "<script")
	require.NotContains(t, text, "javascript:")
}

// box is where a rectangle or a line of text is.
type box struct{ left, top, right, bottom float64 }

func number(t *testing.T, text string) float64 {
	t.Helper()
	f, err := strconv.ParseFloat(text, 64)
	require.NoError(t, err)
	return f
}

func TestNothingOverlapsAndAllIsInside(t *testing.T) {
	t.Parallel()
	for name, p := range drawn(t) {
		for _, wide := range []float64{300, 700, 1000, 2000} {
			root := parsed(t, diagram.SVG(p, diagram.Options{Width: wide}))
			size := box{0, 0, number(t, root.attr("width")), number(t, root.attr("height"))}
			var nodes []box
			root.all(func(e element) {
				if !strings.HasPrefix(e.attr("class"), "node ") {
					return
				}
				e.all(func(inner element) {
					if inner.attr("class") == "shape" {
						nodes = append(nodes, outline(t, inner))
					}
				})
			})
			for i, a := range nodes {
				require.True(t, a.left >= 0 && a.top >= 0 && a.right <= size.right && a.bottom <= size.bottom, "%s at %v: %v is outside of %v", name, wide, a, size)
				for _, b := range nodes[:i] {
					require.False(t, a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom, "%s at %v: %v overlaps %v", name, wide, a, b)
				}
			}
			if wide == 1000 {
				require.LessOrEqual(t, size.right, 1100.0, name)
			}
		}
	}
}

// outline reads the place of a shape, whose path begins at its upper edge and goes around.
func outline(t *testing.T, e element) box {
	t.Helper()
	if e.XMLName.Local == "rect" {
		x, y := number(t, e.attr("x")), number(t, e.attr("y"))
		return box{x, y, x + number(t, e.attr("width")), y + number(t, e.attr("height"))}
	}
	var x, y float64
	b := box{1e9, 1e9, -1e9, -1e9}
	add := func(toX, toY float64) {
		x, y = toX, toY
		b = box{min(b.left, x), min(b.top, y), max(b.right, x), max(b.bottom, y)}
	}
	for _, part := range splitPath(e.attr("d")) {
		numbers := strings.Fields(part[1:])
		switch part[0] {
		case 'M':
			add(number(t, numbers[0]), number(t, numbers[1]))
		case 'h':
			add(x+number(t, numbers[0]), y)
		case 'v':
			add(x, y+number(t, numbers[0]))
		case 'l':
			add(x+number(t, numbers[0]), y+number(t, numbers[1]))
		case 'a':
			add(x+number(t, numbers[5]), y+number(t, numbers[6]))
		}
	}
	return b
}

func splitPath(d string) []string {
	var parts []string
	for _, r := range d {
		switch {
		case r == 'z':
		case r >= 'A' && r <= 'z':
			parts = append(parts, string(r))
		default:
			parts[len(parts)-1] += string(r)
		}
	}
	return parts
}

func TestMoreNeedsThanAnybodyCanFollowAreSaidNotDrawn(t *testing.T) {
	t.Parallel()
	p := &playbooks.Playbook{Name: "tangle"}
	for i := range 60 {
		s := step(fmt.Sprintf("s%d", i), "Step")
		if i >= 30 {
			for k := range 30 {
				s.Needs = append(s.Needs, fmt.Sprintf("s%d", k))
			}
		}
		p.Steps = append(p.Steps, s)
	}
	require.Contains(t, diagram.SVG(p, diagram.Options{}), "900 needs are too many to draw.")
	require.Contains(t, diagram.Mermaid(p), "900 needs are too many to draw.")
}

func TestAStepIsMarkedAsItStands(t *testing.T) {
	t.Parallel()
	root := parsed(t, diagram.SVG(badDeploy(), diagram.Options{Progress: underWay()}))
	classes := map[string]string{}
	root.all(func(e element) {
		if strings.HasPrefix(e.attr("class"), "node ") {
			classes[e.Children[0].Text] = e.attr("class")
		}
	})
	require.Equal(t, "node approval state-waiting", classes["Approve the rollback (waiting)"])
	require.Equal(t, "node option state-chosen", classes["Roll back (chosen)"])
	require.Equal(t, "node option state-not-chosen", classes["Mend forward (not chosen)"])
	require.Equal(t, "node manual state-left-out", classes["Switch the feature off for everybody (left out: the response took another way)"])
}

func FuzzDrawingIsWellFormed(f *testing.F) {
	f.Add("title", "role", "when", "group")
	f.Add("<script>", "\"]", "${", "\u202e\x00\ufffe")
	f.Fuzz(func(t *testing.T, title, role, condition, group string) {
		p := &playbooks.Playbook{Name: title, Steps: []playbooks.Step{
			step("a", title, by(role), when(condition), decides(playbooks.Option{ID: "x", Title: group})),
			step("b", group, needs("a/x"), in("g", group), does(role)),
		}}
		decoder := xml.NewDecoder(strings.NewReader(diagram.SVG(p, diagram.Options{Standalone: true})))
		var err error
		for err == nil {
			_, err = decoder.Token()
		}
		if !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
		if lines := strings.Count(diagram.Mermaid(p), "\n"); lines > 14 {
			t.Fatalf("%d lines", lines)
		}
	})
}
