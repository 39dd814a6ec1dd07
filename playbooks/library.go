package playbooks

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

//go:embed library/*.yaml
var builtIn embed.FS

// Default names the playbook that is followed where nothing says otherwise.
const Default = "default"

// Library is a set of playbooks by name.
type Library map[string]*Playbook

// BuiltIn returns the playbooks that come with Muster.
func BuiltIn() (Library, error) {
	library, err := Load(builtIn, "library")
	if err != nil {
		return nil, fmt.Errorf("built-in playbooks: %w", err)
	}
	return library, nil
}

// scenarioSuffix ends the names of files that are no playbooks but test one.
const scenarioSuffix = ".test.yaml"

// Load reads every .yaml file of a folder that is not a file of scenarios. The error joins
// what is wrong with each; two playbooks of one name are an error.
func Load(files fs.FS, folder string) (Library, error) {
	entries, err := fs.ReadDir(files, folder)
	if err != nil {
		return nil, err
	}
	library := Library{}
	var errs []error
	for _, entry := range entries {
		if entry.IsDir() || !strings.HasSuffix(entry.Name(), ".yaml") || strings.HasSuffix(entry.Name(), scenarioSuffix) {
			continue
		}
		file := path.Join(folder, entry.Name())
		text, err := fs.ReadFile(files, file)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		p, err := Parse(file, text)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if _, twice := library[p.Name]; twice {
			errs = append(errs, fmt.Errorf("%s: another file has a playbook named %q already", file, p.Name))
			continue
		}
		library[p.Name] = p
	}
	return library, errors.Join(errs...)
}

// With returns the library with the other's playbooks added; theirs win.
func (l Library) With(other Library) Library {
	merged := maps.Clone(l)
	maps.Copy(merged, other)
	return merged
}

// Names lists the playbooks, sorted.
func (l Library) Names() []string { return slices.Sorted(maps.Keys(l)) }
