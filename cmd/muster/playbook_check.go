package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"muster/config"
	"muster/playbooks"
)

type playbookCheckCommand struct {
	Paths    []string `arg:"" optional:"" name:"path" placeholder:"DIR|FILE" help:"Folders with playbooks, or single ones. Without any, the folder that the catalogue names, or else this one."`
	Config   string   `name:"config" env:"MUSTER_CONFIG" placeholder:"FILE" help:"The catalogue, muster.yaml: services, teams and severities that playbooks name are looked up in it."`
	Format   string   `name:"format" enum:"text,github,sarif,json" default:"text" help:"How to print what was found: ${enum}."`
	Warnings bool     `name:"warnings-as-errors" help:"Exit with 1 also where there are only warnings."`
}

// Help is shown below the usage.
func (playbookCheckCommand) Help() string {
	var text strings.Builder
	text.WriteString("Reads the playbooks of each folder as Muster would, and says what is wrong with them, in themselves and together. " +
		"With a single file, those beside it are read too, for what it builds on or runs, and nothing is said about them. " +
		"Scenarios (*.test.yaml) are left out.\n\n" +
		"The exit code is 1 when there are errors, 2 when the command line or the catalogue cannot be understood, and 0 otherwise.\n\nThe rules, and what each wants:\n\n")
	for _, rule := range playbooks.Rules() {
		fmt.Fprintf(&text, "%s (%s): %s\n\n", rule.ID, rule.Severity, rule.Doc)
	}
	return strings.TrimSpace(text.String())
}

// Validate is called by kong before Run.
func (cmd *playbookCheckCommand) Validate() error {
	for _, path := range cmd.Paths {
		if _, err := os.Stat(path); err != nil {
			return fmt.Errorf("%s: %w", path, errors.Unwrap(err))
		}
	}
	return nil
}

// Run checks the playbooks and prints what it found.
func (cmd *playbookCheckCommand) Run(c *console) error {
	catalogue, paths, err := cmd.catalogue()
	if err != nil {
		return err
	}
	base, err := playbooks.BuiltIn()
	if err != nil {
		return err
	}
	var findings playbooks.Findings
	checked := 0
	for _, folder := range playbookFolders(paths) {
		files, err := folder.read()
		if err != nil {
			return err
		}
		_, found := playbooks.Check(base, files, catalogue)
		for _, finding := range found {
			if folder.about(finding.File) {
				findings = append(findings, finding)
			}
		}
		for _, file := range files {
			if folder.about(file.Name) {
				checked++
			}
		}
	}
	if checked == 0 {
		return fmt.Errorf("there are no playbooks (*.yaml) in %s", strings.Join(paths, ", "))
	}
	if err := cmd.print(c, findings, checked); err != nil {
		return err
	}
	if errs, warnings := findings.Count(playbooks.Error), findings.Count(playbooks.Warning); errs > 0 || cmd.Warnings && warnings > 0 {
		return errors.New("playbooks have to be mended")
	}
	return nil
}

// catalogue is what playbooks can name, and where they are.
func (cmd *playbookCheckCommand) catalogue() (known playbooks.Catalogue, paths []string, err error) {
	paths = cmd.Paths
	if cmd.Config != "" {
		catalogue, err := config.Load(cmd.Config)
		if err != nil {
			return known, nil, err
		}
		for _, s := range catalogue.Services() {
			known.Services = append(known.Services, s.Name)
		}
		for _, t := range catalogue.Teams() {
			known.Teams = append(known.Teams, t.Name)
		}
		for _, s := range catalogue.Scale() {
			known.Severities = append(known.Severities, s.Name)
		}
		if dir := catalogue.PlaybooksDir(); dir != "" && len(paths) == 0 {
			paths = []string{dir}
		}
	}
	if len(paths) == 0 {
		paths = []string{"."}
	}
	return known, paths, nil
}

// playbookFolder is a folder to check, all of it or some of its files.
type playbookFolder struct {
	dir   string
	files []string // as they are printed; none for all
}

// playbookFolders sorts what a person named by folders.
func playbookFolders(paths []string) []playbookFolder {
	var folders []playbookFolder
	for _, path := range paths {
		dir, file := filepath.Clean(path), ""
		if info, err := os.Stat(path); err == nil && !info.IsDir() {
			dir, file = filepath.Dir(path), filepath.Clean(path)
		}
		i := slices.IndexFunc(folders, func(f playbookFolder) bool { return f.dir == dir })
		switch {
		case i < 0 && file == "":
			folders = append(folders, playbookFolder{dir: dir})
		case i < 0:
			folders = append(folders, playbookFolder{dir: dir, files: []string{file}})
		case file == "":
			folders[i].files = nil
		case folders[i].files != nil:
			folders[i].files = append(folders[i].files, file)
		}
	}
	return folders
}

// about says whether a file is one of those to be checked.
func (f playbookFolder) about(file string) bool {
	return f.files == nil || slices.Contains(f.files, file)
}

// read returns the playbooks of the folder, and what was named in it whatever it is called.
func (f playbookFolder) read() ([]playbooks.File, error) {
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		return nil, err
	}
	var files []playbooks.File
	for _, entry := range entries {
		file := filepath.Join(f.dir, entry.Name())
		named := f.files != nil && slices.Contains(f.files, file)
		if entry.IsDir() || !playbooks.IsPlaybook(entry.Name()) && !named {
			continue
		}
		read, err := playbooks.ReadFile(os.DirFS(f.dir), entry.Name())
		if err != nil {
			return nil, err
		}
		read.Name = file
		files = append(files, read)
	}
	return files, nil
}

func (cmd *playbookCheckCommand) print(c *console, findings playbooks.Findings, checked int) error {
	switch cmd.Format {
	case "github":
		c.printf("%s", findings.GitHub())
	case "sarif":
		log, err := findings.SARIF(musterVersion())
		if err != nil {
			return err
		}
		c.printf("%s\n", log)
	case "json":
		document, err := json.MarshalIndent(struct {
			Playbooks int                `json:"playbooks"`
			Errors    int                `json:"errors"`
			Warnings  int                `json:"warnings"`
			Findings  playbooks.Findings `json:"findings"`
		}{checked, findings.Count(playbooks.Error), findings.Count(playbooks.Warning), slices.Concat(playbooks.Findings{}, findings)}, "", "  ")
		if err != nil {
			return err
		}
		c.printf("%s\n", document)
	default:
		for _, finding := range findings {
			c.printf("%s\n\n", styledFinding(c, finding))
		}
		c.printf("%s\n", summary(c, findings, checked))
	}
	return nil
}

// styledFinding is a finding for a terminal.
func styledFinding(c *console, f playbooks.Finding) string {
	colour := map[playbooks.Severity]string{playbooks.Error: red, playbooks.Warning: yellow, playbooks.Note: cyan}[f.Severity]
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s %s %s", c.style(bold, fmt.Sprintf("%s:%d:%d:", f.File, f.Line, f.Column)),
		c.style(colour, string(f.Severity)+":"), f.Message, c.style(dim, "["+f.Rule+"]"))
	for line := range strings.Lines(f.Excerpt) {
		line = strings.TrimRight(line, "\n")
		style := dim
		if strings.HasPrefix(line, ">") {
			style = ""
		} else if strings.TrimSpace(line) == "^" {
			style = colour
		}
		if style != "" {
			line = c.style(style, line)
		}
		b.WriteString("\n" + line)
	}
	if f.Hint != "" {
		b.WriteString("\n  " + c.style(cyan, "hint:") + " " + f.Hint)
	}
	return b.String()
}

// summary is the closing line.
func summary(c *console, findings playbooks.Findings, checked int) string {
	mark, colour := "✓", green
	if findings.Count(playbooks.Warning) > 0 {
		mark, colour = "!", yellow
	}
	if findings.Count(playbooks.Error) > 0 {
		mark, colour = "✗", red
	}
	counts := []string{}
	for _, severity := range []playbooks.Severity{playbooks.Error, playbooks.Warning, playbooks.Note} {
		if n := findings.Count(severity); n > 0 {
			counts = append(counts, plural(n, string(severity)))
		}
	}
	if len(counts) == 0 {
		counts = append(counts, "nothing to mend")
	}
	return fmt.Sprintf("%s %s checked: %s", c.style(colour, mark), plural(checked, "playbook"), strings.Join(counts, ", "))
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
