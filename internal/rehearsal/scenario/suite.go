package scenario

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"muster/config"
	"muster/incident"
	"muster/internal/declaration"
	"muster/internal/rehearsal"
	"muster/playbooks"
)

// Suite rehearses files of scenarios.
type Suite struct {
	// Catalogue is where services, severities and routes come from; nil lets every service
	// exist.
	Catalogue *config.Catalogue
	// Library are the playbooks that are there beside those of a file's own folder.
	Library playbooks.Library
	// Only are the scenarios to run, by "file/name"; nil runs all.
	Only *regexp.Regexp
	// Report is called with each file's results, in the order of the files.
	Report func(FileResult)
}

// FileResult is what came of a file's scenarios.
type FileResult struct {
	// Name is the file's name without folder and suffix.
	Name, Path string
	// Problem says why none of them could be run; nil if they were.
	Problem   error
	Scenarios []Result
	Took      time.Duration
}

// Failed says whether anything in the file is not as it should be.
func (r FileResult) Failed() bool {
	return r.Problem != nil || slices.ContainsFunc(r.Scenarios, func(s Result) bool { return s.Failed() })
}

// Result is what came of a scenario.
type Result struct {
	Scenario *Scenario
	// Problem says why it could not be played; nil if it was.
	Problem  error
	Failures []Failure
	// Record is what happened; nil if it could not be played.
	Record *rehearsal.Record
	Took   time.Duration
}

// Failed says whether the scenario is not as it should be.
func (r Result) Failed() bool { return r.Problem != nil || len(r.Failures) > 0 }

// Find lists the files of scenarios among the paths and in the folders among them, deeper ones
// included, sorted. A path that is not there is an error, and so is a file that is none.
func Find(paths ...string) ([]string, error) {
	var files []string
	for _, path := range paths {
		info, err := os.Stat(path)
		switch {
		case err != nil:
			return nil, err
		case !info.IsDir() && !strings.HasSuffix(path, Suffix):
			return nil, fmt.Errorf("%s is no file of scenarios: their names end in %s", path, Suffix)
		case !info.IsDir():
			files = append(files, path)
			continue
		}
		err = filepath.WalkDir(path, func(file string, entry fs.DirEntry, err error) error {
			if err == nil && !entry.IsDir() && strings.HasSuffix(file, Suffix) {
				files = append(files, file)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	slices.Sort(files)
	return slices.Compact(files), nil
}

// Run rehearses the scenarios of all files, as many at once as there are processors.
func (s *Suite) Run(files []string) []FileResult {
	results := make([]FileResult, len(files))
	done := make([]chan struct{}, len(files))
	for i := range done {
		done[i] = make(chan struct{})
	}
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	folders := &folders{suite: s, known: map[string]folder{}}
	var running sync.WaitGroup
	for i, file := range files {
		running.Go(func() {
			defer close(done[i])
			results[i] = s.runFile(file, folders, slots)
		})
	}
	for i := range files {
		<-done[i]
		if s.Report != nil {
			s.Report(results[i])
		}
	}
	running.Wait()
	return results
}

func (s *Suite) runFile(path string, folders *folders, slots chan struct{}) FileResult {
	result := FileResult{Path: path, Name: strings.TrimSuffix(filepath.Base(path), Suffix)}
	text, err := os.ReadFile(path)
	if err != nil {
		result.Problem = err
		return result
	}
	file, err := Parse(path, text)
	if err != nil {
		result.Problem = err
		return result
	}
	library, err := folders.library(filepath.Dir(path))
	if err != nil {
		result.Problem = fmt.Errorf("the playbooks beside it cannot be followed:\n%w", err)
		return result
	}
	var chosen []*Scenario
	for _, one := range file.Scenarios {
		if s.Only == nil || s.Only.MatchString(result.Name+"/"+one.Name) {
			chosen = append(chosen, one)
		}
	}
	result.Scenarios = make([]Result, len(chosen))
	var running sync.WaitGroup
	for i, one := range chosen {
		running.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			began := time.Now()
			result.Scenarios[i] = s.play(one, library, text)
			result.Scenarios[i].Took = time.Since(began)
		})
	}
	running.Wait()
	for _, r := range result.Scenarios {
		result.Took += r.Took
	}
	return result
}

// play rehearses one scenario and judges what came of it.
func (s *Suite) play(one *Scenario, library playbooks.Library, text []byte) Result {
	result := Result{Scenario: one}
	begun, err := one.Declare(s.Catalogue)
	if err != nil {
		result.Problem = placed(one, text, err)
		return result
	}
	playbook, err := s.choose(one, library, &begun)
	if err != nil {
		result.Problem = placed(one, text, err)
		return result
	}
	if err := one.Check(playbook, text); err != nil {
		result.Problem = err
		return result
	}
	if result.Record, err = rehearsal.Run(one.Script(playbook, begun.Command)); err != nil {
		result.Problem = placed(one, text, err)
		return result
	}
	result.Failures = one.Judge(result.Record)
	return result
}

// placed says where the scenario is that an error is about.
func placed(s *Scenario, text []byte, err error) error {
	var findings Findings
	if errors.As(err, &findings) {
		return err
	}
	r := &reader{file: s.file.Name, lines: strings.Split(string(text), "\n")}
	r.reportAt(s.Place, "%s", err)
	return r.findings
}

// choose finds the playbook that is followed, and puts what is to be said of the choice into
// the declaration.
func (s *Suite) choose(one *Scenario, library playbooks.Library, d *Declaration) (*playbooks.Playbook, error) {
	declare, _ := d.Command.Intent.(incident.Declare)
	var alert *incident.Alert
	if d.Alert.Name != "" {
		alert = &d.Alert
	}
	scope := declaration.Selection(s.Catalogue, declare, alert, one.Incident.At)
	if s.Catalogue == nil {
		zone, err := time.LoadLocation(one.Incident.Zone)
		if err != nil {
			return nil, err
		}
		scope.Zone = zone
	}
	chosen, err := library.Choose(cmp.Or(one.Playbook, d.Playbook), scope)
	if err != nil {
		return nil, err
	}
	declare.Notes = slices.Concat(declare.Notes, chosen.Notes)
	d.Command.Intent = declare
	return chosen.Playbook, nil
}

// folders reads the playbooks of each folder once.
type folders struct {
	suite *Suite
	mu    sync.Mutex
	known map[string]folder
}

type folder struct {
	library playbooks.Library
	err     error
}

func (f *folders) library(dir string) (playbooks.Library, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if known, ok := f.known[dir]; ok {
		return known.library, known.err
	}
	library, err := f.suite.Library.Load(os.DirFS(dir), ".")
	found := folder{library: library, err: err}
	f.known[dir] = found
	return found.library, found.err
}

// label is the scenario's name as "file/name".
func label(file FileResult, s *Scenario) string { return file.Name + "/" + s.Name }
