package main

import (
	"fmt"

	"muster/config"
	"muster/playbooks"

	"os"
)

type configCommand struct {
	Sample configSampleCommand `cmd:"" help:"Print the built-in sample, to begin a muster.yaml with."`
	Check  configCheckCommand  `cmd:"" help:"Say what is wrong with a muster.yaml, with line and column."`
}

type configSampleCommand struct{}

// Run prints the sample catalogue.
func (configSampleCommand) Run(c *console) error {
	c.printf("%s", config.SampleYAML())
	return nil
}

type configCheckCommand struct {
	File string `arg:"" help:"The file to check." default:"muster.yaml"`
}

// Run checks a catalogue and the playbooks it refers to.
func (cmd configCheckCommand) Run(c *console) error {
	catalogue, library, err := loadCatalogue(config.CatalogueFile{CataloguePath: cmd.File})
	if err != nil {
		return err
	}
	c.printf("%s %s: %d services, %d severities, playbooks: %v\n",
		c.style(green, "✓"), cmd.File, len(catalogue.Services()), len(catalogue.Scale()), library.Names())
	return nil
}

// loadCatalogue reads the catalogue and the playbooks, and checks that they fit together.
// The error is marked as a mistake in what Muster was told.
func loadCatalogue(file config.CatalogueFile) (*config.Catalogue, playbooks.Library, error) {
	catalogue, library, err := readCatalogue(file)
	return catalogue, library, misuse(err)
}

func readCatalogue(file config.CatalogueFile) (*config.Catalogue, playbooks.Library, error) {
	catalogue, err := file.Catalogue()
	if err != nil {
		return nil, nil, err
	}
	library, err := playbooks.BuiltIn()
	if err != nil {
		return nil, nil, err
	}
	if dir := catalogue.PlaybooksDir(); dir != "" {
		if library, err = library.Load(os.DirFS(dir), "."); err != nil {
			return nil, nil, fmt.Errorf("playbooks in %s:\n%w", dir, err)
		}
	}
	return catalogue, library, catalogue.CheckPlaybooks(library.Names()...)
}
