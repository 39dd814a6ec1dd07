package playbooks

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"muster/incident"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/printer"
)

// Findings are what is wrong with a playbook, in the order of its text.
type Findings []Finding

// Finding is one mistake, with its place.
type Finding struct {
	File         string
	Line, Column int
	Message      string
	// Excerpt shows the lines around the place with a caret.
	Excerpt string
}

// Error lists every finding, each with its place and an excerpt.
func (f Findings) Error() string {
	blocks := make([]string, len(f))
	for i, finding := range f {
		blocks[i] = fmt.Sprintf("%s:%d:%d: %s", finding.File, finding.Line, finding.Column, finding.Message)
		if finding.Excerpt != "" {
			blocks[i] += "\n" + strings.TrimRight(finding.Excerpt, "\n")
		}
	}
	return strings.Join(blocks, "\n\n")
}

// identifier is what roles, steps and hooks may be called: they are part of URLs, of
// keys at vendors and of expressions.
var identifier = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,39}$`)

// Parse reads a playbook and checks all of it: unknown keys, every expression with
// its type, actions and their parameters, references between steps and to roles,
// cycles. The error is [Findings]. The same text always gives the same version.
func Parse(file string, text []byte) (*Playbook, error) {
	tree, err := parser.ParseBytes(text, 0)
	if err != nil {
		return nil, Findings{syntaxFinding(file, err)}
	}
	if findings := durationFindings(file, tree); len(findings) > 0 {
		return nil, findings
	}
	var p Playbook
	if err := yaml.UnmarshalWithOptions(text, &p, yaml.Strict()); err != nil {
		return nil, Findings{syntaxFinding(file, err)}
	}
	sum := sha256.Sum256(text)
	p.Version, p.Source = hex.EncodeToString(sum[:6]), string(text)
	c := checker{file: file, tree: tree, source: string(text), playbook: &p}
	c.check()
	if len(c.findings) > 0 {
		return nil, c.findings
	}
	return &p, nil
}

// Decode reads a playbook that was written as JSON, and compiles it.
func Decode(document []byte) (*Playbook, error) {
	var p Playbook
	if err := json.Unmarshal(document, &p); err != nil {
		return nil, fmt.Errorf("read playbook: %w", err)
	}
	if err := p.Compile(); err != nil {
		return nil, err
	}
	return &p, nil
}

// Compile prepares the expressions of a playbook that was read back from JSON. It may
// be repeated.
func (p *Playbook) Compile() error {
	p.programs = programs{}
	var errs []error
	for _, e := range p.expressions() {
		errs = append(errs, e.compile(p.programs))
	}
	return errors.Join(errs...)
}

// expression is one place of a playbook that holds CEL.
type expression struct {
	path string
	text string
	// condition is true for when:, false for a text with ${…}.
	condition bool
}

func (e expression) compile(p programs) error {
	if e.condition {
		return p.compileCondition(e.text)
	}
	return p.compileText(e.text)
}

func (p *Playbook) expressions() []expression {
	var all []expression
	add := func(path, text string, condition bool) {
		if text != "" {
			all = append(all, expression{path, text, condition})
		}
	}
	with := func(path string, parameters Parameters) {
		for _, name := range sortedKeys(parameters) {
			add(path+".with."+name, parameters[name], false)
		}
	}
	for i, s := range p.Steps {
		path := fmt.Sprintf("$.steps[%d]", i)
		add(path+".title", s.Title, false)
		add(path+".instructions", s.Instructions, false)
		add(path+".when", s.When, true)
		with(path, s.With)
	}
	for i, h := range p.Hooks {
		path := fmt.Sprintf("$.hooks[%d]", i)
		add(path+".title", h.Title, false)
		add(path+".remind", h.Remind, false)
		add(path+".when", h.When, true)
		with(path, h.With)
	}
	return all
}

type checker struct {
	file, source string
	tree         *ast.File
	playbook     *Playbook
	findings     Findings
}

func (c *checker) check() {
	p := c.playbook
	if p.Name == "" {
		c.report("$", "a playbook needs a name")
	} else if !identifier.MatchString(p.Name) {
		c.report("$.name", "the name %q must be lower-case letters, digits, - and _", p.Name)
	}
	if p.CloseAfter < 0 {
		c.report("$.close_after", "close_after must not be negative")
	}
	c.checkRoles()
	c.checkSteps()
	c.checkHooks()
	p.programs = programs{}
	for _, e := range p.expressions() {
		if err := e.compile(p.programs); err != nil {
			c.report(e.path, "%s", err)
		}
	}
}

func (c *checker) checkRoles() {
	seen := map[string]bool{}
	for i, r := range c.playbook.Roles {
		path := fmt.Sprintf("$.roles[%d]", i)
		c.identify(path, "role", r.ID, seen)
		if r.Title == "" {
			c.report(path, "the role %q needs a title", r.ID)
		}
	}
}

func (c *checker) checkSteps() {
	seen := map[string]bool{}
	for i, s := range c.playbook.Steps {
		path := fmt.Sprintf("$.steps[%d]", i)
		c.identify(path, "step", s.ID, seen)
		if s.Title == "" {
			c.report(path, "the step %q needs a title", s.ID)
		}
		if s.Do != "" {
			if err := checkAction(s.Do, s.With); err != nil {
				c.report(path+".do", "%s", err)
			}
			if s.Approval != nil {
				c.report(path+".approval", "a step is either done by Muster (do) or approved by people (approval), not both")
			}
		} else if len(s.With) > 0 {
			c.report(path+".with", "parameters (with) need an action (do)")
		}
		if s.Role != "" && !slices.ContainsFunc(c.playbook.Roles, func(r Role) bool { return r.ID == s.Role }) {
			c.report(path+".role", "there is no role %q in this playbook", s.Role)
		}
		for n, need := range s.Needs {
			if _, ok := c.playbook.step(need); !ok {
				c.report(fmt.Sprintf("%s.needs[%d]", path, n), "there is no step %q in this playbook", need)
			}
		}
		if cycle := c.cycle(s.ID, s.ID, nil); cycle != nil {
			c.report(path+".needs", "the step can never start, it waits for itself: %s", strings.Join(cycle, " → "))
		}
	}
}

// cycle returns the way along needs from one step back to a step, or nil.
func (c *checker) cycle(from, back string, way []string) []string {
	if slices.Contains(way, from) {
		return nil
	}
	way = append(way, from)
	step, _ := c.playbook.step(from)
	for _, need := range step.Needs {
		if need == back {
			return append(way, back)
		}
		if found := c.cycle(need, back, way); found != nil {
			return found
		}
	}
	return nil
}

func (c *checker) checkHooks() {
	seen := map[string]bool{}
	for i, h := range c.playbook.Hooks {
		path := fmt.Sprintf("$.hooks[%d]", i)
		c.identify(path, "hook", h.ID, seen)
		if len(h.On) == 0 {
			c.report(path, "the hook %q needs on: what it reacts to", h.ID)
		}
		if h.Do != "" {
			if err := checkAction(h.Do, h.With); err != nil {
				c.report(path+".do", "%s", err)
			}
			if h.Title == "" {
				c.report(path, "the hook %q needs a title, which the timeline shows", h.ID)
			}
		}
		for _, on := range h.On {
			if on == string(incident.ReminderGiven{}.Kind()) {
				c.report(path+".on", "name the hook whose reminders it reacts to, by its id, rather than %s", on)
			} else if !slices.Contains(clockTriggers, on) && !incident.KnownKind(incident.Kind(on)) && !c.reminds(on) {
				c.report(path+".on", "nothing is called %q; on takes kinds of events (such as status_changed, resolved), ids of hooks that remind, or one of %s",
					on, strings.Join(clockTriggers, ", "))
			}
		}
		c.checkClock(path, h)
	}
}

// reminds says whether there is a hook with this id that reminds.
func (c *checker) reminds(id string) bool {
	h, ok := c.playbook.hook(id)
	return ok && h.clock() != ""
}

func (c *checker) checkClock(path string, h Hook) {
	if h.clock() == "" {
		if h.Remind != "" || h.After != 0 || h.Every != 0 || h.Times != 0 {
			c.report(path, "remind, after, every and times belong to the triggers %s", strings.Join(clockTriggers, ", "))
		}
		if h.Do == "" && len(h.On) > 0 {
			c.report(path, "the hook %q does nothing: it needs do", h.ID)
		}
		return
	}
	if len(h.On) > 1 {
		c.report(path+".on", "a hook on %s can have no other trigger beside it", h.clock())
	}
	if h.Remind == "" {
		c.report(path, "the hook %q needs remind: the reminder as the timeline shows it", h.ID)
	}
	if h.After < 0 && h.clock() != FollowupDue {
		c.report(path+".after", "after must not be negative")
	}
	if h.Every < 0 || h.Times < 0 {
		c.report(path, "every and times must not be negative")
	}
}

func (c *checker) identify(path, what, id string, seen map[string]bool) {
	switch {
	case id == "":
		c.report(path, "every %s needs an id", what)
	case !identifier.MatchString(id):
		c.report(path+".id", "the id %q must begin with a letter and hold lower-case letters, digits, - and _, 40 at most", id)
	case seen[id]:
		c.report(path+".id", "there are two %ss with the id %q", what, id)
	}
	seen[id] = true
}

// report adds a finding at the place that the path leads to, or at the nearest place
// above it that exists.
func (c *checker) report(path, format string, args ...any) {
	finding := Finding{File: c.file, Line: 1, Column: 1, Message: fmt.Sprintf(format, args...)}
	for p := path; p != ""; p = parentPath(p) {
		query, err := yaml.PathString(p)
		if err != nil {
			continue
		}
		node, err := query.FilterFile(c.tree)
		if err != nil || node == nil || node.GetToken() == nil {
			continue
		}
		position := node.GetToken().Position
		finding.Line, finding.Column = position.Line, position.Column
		if excerpt, err := query.AnnotateSource([]byte(c.source), false); err == nil {
			finding.Excerpt = string(excerpt)
		}
		break
	}
	c.findings = append(c.findings, finding)
}

func parentPath(path string) string {
	if i := strings.LastIndexAny(path, ".["); i > 0 {
		return path[:i]
	}
	return ""
}

// durationFindings finds what is no duration where one is needed. The decoder would find
// the first as well, but does not say where it is.
func durationFindings(file string, tree *ast.File) Findings {
	search := &durationSearch{file: file}
	for _, document := range tree.Docs {
		if document.Body != nil {
			ast.Walk(search, document.Body)
		}
	}
	return search.findings
}

type durationSearch struct {
	file     string
	findings Findings
}

// Visit implements [ast.Visitor].
func (d *durationSearch) Visit(node ast.Node) ast.Visitor {
	pair, ok := node.(*ast.MappingValueNode)
	if !ok || !slices.Contains([]string{"close_after", "after", "every"}, pair.Key.String()) {
		return d
	}
	token := pair.Value.GetToken()
	if _, err := time.ParseDuration(token.Value); err != nil {
		d.findings = append(d.findings, Finding{
			File: d.file, Line: token.Position.Line, Column: token.Position.Column,
			Message: fmt.Sprintf("%q is no duration; write 30s, 15m, 1h or 1h30m", token.Value),
			Excerpt: excerpt(pair.Value),
		})
	}
	return d
}

// excerpt shows the lines around a node with a caret.
func excerpt(node ast.Node) string {
	var printer printer.Printer
	return printer.PrintErrorToken(node.GetToken(), false)
}

func syntaxFinding(file string, err error) Finding {
	finding := Finding{File: file, Line: 1, Column: 1, Message: err.Error()}
	var at yaml.Error
	if errors.As(err, &at) && at.GetToken() != nil {
		position := at.GetToken().Position
		finding.Line, finding.Column = position.Line, position.Column
		finding.Message = at.GetMessage()
		_, finding.Excerpt, _ = strings.Cut(yaml.FormatError(err, false, true), "\n")
	}
	return finding
}
