package playbooks

import (
	"maps"
	"runtime"
	"sync"
)

// File is the text of a playbook, and the file that it is from.
type File struct {
	Name string
	Text []byte
}

// Check reads playbooks and checks them together: each by itself, what they say of each
// other, and what they say of the catalogue. The base are playbooks known already, which
// those of the same name replace. It returns the library that the playbooks without errors
// make, not yet fit to be followed, and everything found, in the order of the files. It
// uses all processors.
func Check(base Library, sources []File, catalogue Catalogue) (Library, Findings) {
	read := make([]reading, len(sources))
	each(len(sources), func(i int) {
		read[i].playbook, read[i].findings = readSource(sources[i])
	})
	around := surroundings{library: maps.Clone(base), catalogue: catalogue, analyses: &analyses{}}
	if around.library == nil {
		around.library = Library{}
	}
	var findings Findings
	files := map[string]string{}
	for i := range read {
		findings = append(findings, read[i].findings...)
		p := read[i].playbook
		if p == nil || p.Name == "" {
			continue
		}
		if other, twice := files[p.Name]; twice {
			findings = append(findings, p.origin.key("name").breaks(ruleDuplicatePlaybook, "give one of them another name",
				"the file %s has a playbook named %q already", other, p.Name))
			continue
		}
		files[p.Name] = sources[i].Name
		around.library[p.Name] = p
	}
	each(len(read), func(i int) {
		if p := read[i].playbook; p != nil {
			read[i].findings = p.check(around)
		}
	})
	for i := range read {
		if read[i].playbook == nil {
			continue
		}
		findings = append(findings, read[i].findings...)
		if p := read[i].playbook; len(read[i].findings.Errors()) > 0 && around.library[p.Name] == p {
			delete(around.library, p.Name)
		}
	}
	return around.library, findings.sorted()
}

// reading is what became of a source.
type reading struct {
	playbook *Playbook
	findings Findings
}

func readSource(s File) (*Playbook, Findings) { return read(newDocument(s.Name, string(s.Text))) }

// each does something for every number below n, on all processors.
func each(n int, do func(i int)) {
	numbers := make(chan int)
	var workers sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		workers.Go(func() {
			for i := range numbers {
				do(i)
			}
		})
	}
	for i := range n {
		numbers <- i
	}
	close(numbers)
	workers.Wait()
}
