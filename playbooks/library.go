package playbooks

import (
	"embed"
	"errors"
	"fmt"
	"io"
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

// IsPlaybook says whether a file in a folder of playbooks is one, by its name: files of
// scenarios beside it are none.
func IsPlaybook(file string) bool {
	return strings.HasSuffix(file, ".yaml") && !strings.HasSuffix(file, scenarioSuffix)
}

// Load reads every playbook of a folder, as [Library.Load] does. What these playbooks extend
// or run must be among them.
func Load(files fs.FS, folder string) (Library, error) { return Library{}.Load(files, folder) }

// Load returns the library with the playbooks of a folder. One that has the name of another
// in the library takes its place, also in those that extend or run it; it may extend the one
// whose place it takes, by that same name. The error joins what is wrong with them, as
// [Findings] where it is in a file; two playbooks of one name in the folder are an error. The
// library without those that are wrong is returned in any case.
func (l Library) Load(files fs.FS, folder string) (Library, error) {
	entries, err := fs.ReadDir(files, folder)
	if err != nil {
		return nil, err
	}
	var read []File
	var errs []error
	for _, entry := range entries {
		if entry.IsDir() || !IsPlaybook(entry.Name()) {
			continue
		}
		file, err := ReadFile(files, path.Join(folder, entry.Name()))
		if err != nil {
			errs = append(errs, err)
			continue
		}
		read = append(read, file)
	}
	library, findings := Check(l, read, Catalogue{})
	errs = append(errs, findings.err(), library.compile())
	return library, errors.Join(errs...)
}

// ReadFile reads a playbook's file, and no more of it than shows that it is too large.
func ReadFile(files fs.FS, name string) (file File, err error) {
	opened, err := openRegular(files, name)
	if err != nil {
		return File{}, err
	}
	defer func() { err = errors.Join(err, opened.Close()) }()
	text, err := io.ReadAll(io.LimitReader(opened, MaxFileBytes+1))
	return File{Name: name, Text: text}, err
}

// openRegular opens a file, and nothing that only looks like one: reading a pipe would wait
// for whoever writes to it.
func openRegular(files fs.FS, name string) (fs.File, error) {
	info, err := fs.Stat(files, name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "read", Path: name, Err: errors.New("this is no regular file")}
	}
	return files.Open(name)
}

// compile makes every playbook fit to be followed. One that cannot be is taken out.
func (l Library) compile() error {
	names := l.Names()
	errs := make([]error, len(names))
	each(len(names), func(i int) {
		if p := l[names[i]]; p.programs == nil {
			errs[i] = p.Compile()
		}
	})
	for i, err := range errs {
		if err != nil {
			errs[i] = fmt.Errorf("the playbook %s: %w", names[i], err)
			delete(l, names[i])
		}
	}
	return errors.Join(errs...)
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
