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

// Library is a set of playbooks by name, each put together with those that it extends and
// runs.
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

// Load reads every .yaml file of a folder but those of scenarios, as [Library.Load] does. What these playbooks
// extend or run must be among them.
func Load(files fs.FS, folder string) (Library, error) { return Library{}.Load(files, folder) }

// Load returns the library with the playbooks of every .yaml file of a folder. One that has
// the name of another in the library takes its place, also in those that extend or run it; it
// may extend the one whose place it takes, by that same name. The error joins what is wrong
// with each, as [Findings] where it is in a file; two playbooks of one name in the folder are
// an error. The library without those that are wrong is returned in any case.
func (l Library) Load(files fs.FS, folder string) (Library, error) {
	entries, err := fs.ReadDir(files, folder)
	if err != nil {
		return nil, err
	}
	written := map[string]*Playbook{}
	for name, p := range l {
		written[name] = p.asWritten()
	}
	own := map[string]string{}
	var errs []error
	for _, entry := range entries {
		if entry.IsDir() || !strings.HasSuffix(entry.Name(), ".yaml") || strings.HasSuffix(entry.Name(), scenarioSuffix) {
			continue
		}
		file := path.Join(folder, entry.Name())
		p, err := parseFile(files, file)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if other, twice := own[p.Name]; twice {
			errs = append(errs, Findings{p.origin.key("name").finding("another file, %s, has a playbook named %q already", other, p.Name)})
			continue
		}
		own[p.Name] = file
		if p.Extends == p.Name {
			p.beneath = written[p.Name]
		}
		written[p.Name] = p
	}
	library, findings := compose(written)
	if len(findings) > 0 {
		errs = append(errs, findings)
	}
	return library, errors.Join(errs...)
}

// parseFile reads no more of a file than a playbook may have.
func parseFile(files fs.FS, file string) (*Playbook, error) {
	info, err := fs.Stat(files, file)
	if err != nil {
		return nil, err
	}
	if info.Size() > MaxFileBytes {
		return nil, Findings{tooLarge(file, info.Size())}
	}
	text, err := fs.ReadFile(files, file)
	if err != nil {
		return nil, err
	}
	return Parse(file, text)
}

// With returns the library with the other's playbooks added as they are; theirs win.
func (l Library) With(other Library) Library {
	merged := maps.Clone(l)
	maps.Copy(merged, other)
	return merged
}

// Names lists the playbooks, sorted.
func (l Library) Names() []string { return sortedNames(l) }

func sortedNames(all map[string]*Playbook) []string { return slices.Sorted(maps.Keys(all)) }
