package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"muster/config"
	"muster/playbooks"
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
	catalogue, folder, err := openCatalogue(file)
	if err != nil {
		return nil, nil, err
	}
	return catalogue, folder.Current(), nil
}

// openCatalogue does the same for a process that follows the files of the playbooks. Where
// only these have mistakes, it returns the folder as well, with the playbooks that have none.
func openCatalogue(file config.CatalogueFile) (*config.Catalogue, *playbooks.Folder, error) {
	catalogue, folder, err := readCatalogue(file)
	return catalogue, folder, misuse(err)
}

func readCatalogue(file config.CatalogueFile) (*config.Catalogue, *playbooks.Folder, error) {
	catalogue, err := file.Catalogue()
	if err != nil {
		return nil, nil, err
	}
	var files fs.FS
	if dir := catalogue.PlaybooksDir(); dir != "" {
		files = os.DirFS(dir)
	}
	fits := func(library playbooks.Library) error { return catalogue.CheckPlaybooks(library.Names()...) }
	folder, err := playbooks.NewFolder(files, fits, time.Now)
	var findings playbooks.Findings
	if errors.As(err, &findings) {
		err = fmt.Errorf("playbooks in %s:\n%w", catalogue.PlaybooksDir(), err)
	}
	return catalogue, folder, err
}
