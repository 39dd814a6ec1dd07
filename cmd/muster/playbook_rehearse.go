package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"

	"muster/config"
	"muster/internal/rehearsal/scenario"
	"muster/playbooks"
)

type playbookTestCommand struct {
	Paths   []string `arg:"" optional:"" name:"path" default:"." help:"Files of scenarios (*.test.yaml), or folders to look for them in."`
	Config  string   `placeholder:"FILE" help:"The muster.yaml with the services, severities, routes and playbooks; without it every service exists."`
	Only    string   `name:"run" placeholder:"REGEXP" help:"Only the scenarios whose file/name matches."`
	Verbose bool     `short:"v" help:"List the scenarios that pass, too."`
	Cover   bool     `help:"Say which steps, hooks and options no scenario has reached."`
	JUnit   string   `name:"junit" placeholder:"FILE" help:"Write the results as JUnit XML; - is standard output."`
}

// Help is shown below the usage.
func (playbookTestCommand) Help() string {
	return "Scenarios are YAML files beside the playbooks they test: disk-full.test.yaml beside disk-full.yaml. " +
		"Nothing is asked of any vendor, and weeks take milliseconds. docs/scenarios.md describes the language."
}

// errScenarios says that scenarios failed; what they say stands above it.
var errScenarios = errors.New("not everything came as expected")

// Run rehearses.
func (cmd *playbookTestCommand) Run(c *console) error {
	files, err := scenario.Find(cmd.Paths...)
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("there are no scenarios here: their files are called *%s", scenario.Suffix)
	}
	if err != nil {
		return misuse(err)
	}
	suite := &scenario.Suite{}
	if cmd.Only != "" {
		if suite.Only, err = regexp.Compile(cmd.Only); err != nil {
			return misuse(fmt.Errorf("--run: %w", err))
		}
	}
	if suite.Catalogue, suite.Library, err = cmd.house(); err != nil {
		return misuse(err)
	}
	out := c.out
	if cmd.JUnit == standardStream {
		out = os.Stderr
	}
	var writing error
	suite.Report = func(r scenario.FileResult) {
		writing = errors.Join(writing, scenario.WriteText(out, r, cmd.Verbose, c.diffStyle()))
	}
	results := suite.Run(files)
	if cmd.Cover {
		writing = errors.Join(writing, scenario.Cover(results).Write(out))
	}
	if cmd.JUnit != "" {
		var report bytes.Buffer
		writing = errors.Join(writing, scenario.WriteJUnit(&report, results), intoFile(cmd.JUnit, true, func(w io.Writer) error {
			_, err := report.WriteTo(w)
			return err
		}))
	}
	for _, r := range results {
		if r.Failed() {
			return errors.Join(errScenarios, writing)
		}
	}
	return writing
}

// house returns the catalogue, nil if none was named, and the playbooks that are always there.
func (cmd *playbookTestCommand) house() (*config.Catalogue, playbooks.Library, error) {
	if cmd.Config == "" {
		library, err := playbooks.BuiltIn()
		return nil, library, err
	}
	return loadCatalogue(config.CatalogueFile{CataloguePath: cmd.Config})
}

// diffStyle colours what a test reports.
func (c *console) diffStyle() scenario.Style {
	colours := map[byte]string{'-': red, '+': green, 'P': green, 'F': red, ' ': dim}
	return func(as byte, text string) string { return c.style(colours[as], text) }
}
