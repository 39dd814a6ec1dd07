package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"muster/config"
	"muster/incident"
	"muster/internal/declaration"
	"muster/playbooks"
	"muster/playbooks/diagram"
	"muster/playbooks/guide"
)

type playbookShowCommand struct {
	Playbook string   `arg:"" optional:"" name:"playbook" placeholder:"NAME|FILE" help:"A playbook by its name, or the file it is in."`
	Dir      string   `name:"dir" placeholder:"DIR" help:"Folder with playbooks, in front of the built-in ones. Left out, that of the file or of the catalogue."`
	Config   string   `name:"config" env:"MUSTER_CONFIG" placeholder:"FILE" help:"The catalogue, muster.yaml: its folder of playbooks, its services, severities, routes and time zones."`
	Format   string   `name:"format" enum:"text,markdown,mermaid,svg,html" default:"text" help:"How to show it: ${enum}."`
	For      []string `name:"for" sep:"none" placeholder:"KEY=VALUE" help:"What an incident is like, for which to choose. Again for each: service, severity, title, summary, source, at, label.NAME, annotation.NAME."`

	about situation
}

// Help is shown below the usage.
func (playbookShowCommand) Help() string {
	return "Shows a playbook as a page to read: what it is for, roles, steps, and what Muster does by itself. mermaid is a drawing as text, which many tools show; " +
		"svg a drawing; html a page of its own with the drawing.\n\n" +
		"With --for, shows which playbooks an incident would follow and why, put together in their order. With a playbook's name beside it, as if a person had named that one. " +
		"It changes nothing and asks nobody.\n\n" +
		"  muster playbook show default\n  muster playbook show playbooks/bad-deploy.yaml --format html > bad-deploy.html\n" +
		"  muster playbook show --for service=checkout --for severity=SEV1 --for label.alertname=ErrorRate"
}

// Validate is called by kong before Run.
func (cmd *playbookShowCommand) Validate() error {
	if cmd.Playbook == "" && len(cmd.For) == 0 {
		return errors.New("name a playbook or its file, or say with --for what an incident is like")
	}
	var err error
	cmd.about, err = parseSituation(cmd.For)
	return err
}

// Run shows the playbook.
func (cmd *playbookShowCommand) Run(c *console) error {
	var catalogue *config.Catalogue
	if cmd.Config != "" {
		var err error
		if catalogue, err = config.Load(cmd.Config); err != nil {
			return misuse(err)
		}
	}
	library, name, err := cmd.library(catalogue)
	if err != nil {
		return misuse(err)
	}
	p, ok := library[name]
	switch {
	case len(cmd.For) > 0:
		if p, err = cmd.choose(c, library, catalogue, name); err != nil {
			return misuse(err)
		}
	case !ok:
		return misuse((&playbooks.UnknownError{Name: name, Known: library.Names()}))
	}
	shown, err := show(p, cmd.Format, c)
	c.printf("%s", shown)
	return err
}

// library reads the playbooks, and says which one is meant.
func (cmd *playbookShowCommand) library(catalogue *config.Catalogue) (playbooks.Library, string, error) {
	library, err := playbooks.BuiltIn()
	if err != nil {
		return nil, "", err
	}
	dir, name := cmd.Dir, cmd.Playbook
	if info, err := os.Stat(cmd.Playbook); err == nil && !info.IsDir() {
		dir = cmp.Or(dir, filepath.Dir(cmd.Playbook))
		file, err := playbooks.ReadFile(os.DirFS(filepath.Dir(cmd.Playbook)), filepath.Base(cmd.Playbook))
		if err != nil {
			return nil, "", err
		}
		p, err := playbooks.Parse(cmd.Playbook, file.Text)
		if err != nil {
			return nil, "", err
		}
		name = p.Name
	}
	if dir == "" && catalogue != nil {
		dir = catalogue.PlaybooksDir()
	}
	if dir == "" {
		return library, name, nil
	}
	whole, err := library.Load(os.DirFS(dir), ".")
	var missing *fs.PathError
	if _, ok := whole[name]; err != nil && (!ok || len(cmd.For) > 0 || errors.As(err, &missing)) {
		return nil, "", fmt.Errorf("playbooks in %s:\n%w", dir, err)
	}
	return whole, name, nil
}

// choose says which playbooks would be followed, and returns them put together.
func (cmd *playbookShowCommand) choose(c *console, library playbooks.Library, catalogue *config.Catalogue, named string) (*playbooks.Playbook, error) {
	declared, alert, route, err := cmd.about.declared(catalogue)
	if err != nil {
		return nil, err
	}
	named = cmp.Or(named, route)
	scope := declaration.Selection(catalogue, declared, alert, cmd.about.at)
	verdicts, err := library.Explain(named, scope)
	if err != nil {
		return nil, err
	}
	chosen, err := library.Choose(named, scope)
	if err != nil || cmd.Format != "text" {
		return chosen.Playbook, err
	}
	c.printf("%s\n", c.style(bold, fmt.Sprintf("An incident of %s, %s, follows", declared.Service.Name, declared.Severity)))
	position := 0
	for _, v := range verdicts {
		mark, number := c.style(dim, "·"), " "
		if v.Chosen {
			position++
			mark, number = c.style(green, "✓"), fmt.Sprint(position)
		}
		note := v.Reason
		if v.Addition {
			note = "addition; " + note
		}
		if v.Priority != 0 {
			note = fmt.Sprintf("priority %d; %s", v.Priority, note)
		}
		name := fmt.Sprintf("%-20s", v.Name)
		if v.Chosen {
			name = c.style(bold, name)
		}
		c.printf("  %s %s %s  %s\n", mark, number, name, c.style(dim, note))
	}
	for _, note := range slices.Concat(declared.Notes, chosen.Notes) {
		c.printf("  %s %s\n", c.style(yellow, "!"), note)
	}
	c.printf("\n")
	return chosen.Playbook, nil
}

// show writes a playbook in a format.
func show(p *playbooks.Playbook, format string, c *console) (string, error) {
	told := guide.New(p)
	switch format {
	case "markdown":
		return guide.Markdown(told, diagram.Mermaid(p)), nil
	case "mermaid":
		return diagram.Mermaid(p), nil
	case "svg":
		return diagram.SVG(p, diagram.Options{Standalone: true}), nil
	case "html":
		var sources []guide.Source
		for _, part := range p.Parts {
			sources = append(sources, guide.Source{Name: part.Name, Lines: guide.Highlight(part.Source)})
		}
		if len(sources) == 0 {
			sources = append(sources, guide.Source{Name: p.Name, Lines: guide.Highlight(p.Source)})
		}
		return guide.HTML(told, diagram.SVG(p, diagram.Options{Link: func(step string) string { return "#step-" + step }}), sources...)
	default:
		styles := map[guide.Style]string{
			guide.Heading: bold, guide.Strong: bold, guide.Dim: dim, guide.Code: cyan, guide.Automatic: blue,
			guide.Manual: green, guide.Approval: yellow, guide.Decision: cyan, guide.Wait: dim,
		}
		return guide.Text(told, func(s guide.Style, text string) string { return c.style(styles[s], text) }), nil
	}
}

// situation is what --for says about an incident.
type situation struct {
	service, severity, title, summary string
	alert                             incident.Alert
	// alerted says that it is declared for an alert.
	alerted bool
	at      time.Time
}

func parseSituation(said []string) (situation, error) {
	s := situation{at: time.Now(), alert: incident.Alert{Source: "alertmanager", Labels: map[string]string{}, Annotations: map[string]string{}}}
	for _, one := range said {
		key, value, ok := strings.Cut(one, "=")
		kind, name, _ := strings.Cut(key, ".")
		var err error
		switch {
		case !ok:
			return s, fmt.Errorf("--for %s: write KEY=VALUE, as in service=checkout", one)
		case key == "service":
			s.service = value
		case key == "severity":
			s.severity = value
		case key == "title":
			s.title = value
		case key == "summary":
			s.summary = value
		case key == "source":
			s.alert.Source, s.alerted = value, true
		case key == "at":
			if s.at, err = time.Parse(time.RFC3339, value); err != nil {
				return s, fmt.Errorf("--for at=%s: write a time as in 2026-11-22T03:00:00+01:00", value)
			}
		case kind == "label" && name != "":
			s.alert.Labels[name], s.alerted = value, true
		case kind == "annotation" && name != "":
			s.alert.Annotations[name], s.alerted = value, true
		default:
			return s, fmt.Errorf("--for %s: there is no %q; there are service, severity, title, summary, source, at, label.NAME and annotation.NAME", one, key)
		}
	}
	s.alert.Name = cmp.Or(s.alert.Labels["alertname"], "An alert")
	s.alert.StartsAt = s.at
	return s, nil
}

// declared says what the incident is declared with, and which playbook the route names, as
// the catalogue has it; without one, services are taken as they are named.
func (s situation) declared(catalogue *config.Catalogue) (declared incident.Declare, alert *incident.Alert, route string, err error) {
	known := catalogue
	if known == nil {
		known = config.Sample()
	}
	if s.alerted {
		alert = &s.alert
		command, found := declaration.OfAlert(known, s.alert)
		declared, _ = command.Intent.(incident.Declare)
		if catalogue == nil {
			declared.Service, declared.Notes = incident.Service{Name: cmp.Or(s.alert.Labels["service"], "any service")}, nil
		} else {
			route = found.Playbook
		}
	} else {
		declared = incident.Declare{Title: "An incident", Scale: declaration.Scale(known.Scale()), Severity: incident.Severity(known.Defaults().Severity)}
		declared.Service = incident.Service{Name: "any service"}
		if service, ok := known.Service(known.Defaults().Service); ok && catalogue != nil {
			declared.Service = declaration.Service(service)
		}
	}
	if s.service != "" {
		service, ok := known.Service(s.service)
		switch {
		case ok && catalogue != nil:
			declared.Service = declaration.Service(service)
		case catalogue != nil:
			return declared, alert, route, fmt.Errorf("--for service=%s: the catalogue has no such service", s.service)
		default:
			declared.Service = incident.Service{Name: s.service}
		}
	}
	if s.severity != "" {
		level, ok := known.Severity(s.severity)
		if !ok {
			return declared, alert, route, fmt.Errorf("--for severity=%s: there is no such severity", s.severity)
		}
		declared.Severity = incident.Severity(level.Name)
	}
	declared.Title, declared.Summary = cmp.Or(s.title, declared.Title), cmp.Or(s.summary, declared.Summary)
	return declared, alert, route, nil
}
