package playbooks

import (
	"runtime"
	"slices"
	"sync"
)

// File is a file with a playbook. Its name is that in findings.
type File struct {
	Name string
	Text []byte
}

// Check reads playbooks and checks them together: each by itself, what they say of each
// other, and what they say of the catalogue. The base are playbooks known already; one of
// them is replaced by one of the same name, which may extend it by that name. Check returns
// the base with the playbooks that have no errors, put together but not yet fit to be
// followed, and everything found, in the order of the files. It uses all processors.
func Check(base Library, files []File, catalogue Catalogue) (Library, Findings) {
	all := make([]*Playbook, len(files))
	found := make([]Findings, len(files)+1)
	each(len(files), func(i int) {
		all[i], found[i] = read(newDocument(files[i].Name, string(files[i].Text)))
	})
	written := base.written()
	own := map[string]string{}
	for i, p := range all {
		if p == nil || p.Name == "" {
			continue
		}
		if other, twice := own[p.Name]; twice {
			found[i] = append(found[i], p.origin.key("name").breaks(ruleDuplicatePlaybook, "give one of them another name",
				"another file, %s, has a playbook named %q already", other, p.Name))
			continue
		}
		if own[p.Name] = files[i].Name; p.Extends == p.Name {
			p.beneath = written[p.Name]
		}
		written[p.Name] = p
	}
	library, findings := compose(written)
	if base.flatten(library, written, own) {
		library, findings = compose(written)
	}
	around := surroundings{library: library, catalogue: catalogue, analyses: &analyses{}}
	found[len(files)] = around.keep(base, written, own, findings)
	each(len(files), func(i int) {
		switch p := all[i]; {
		case p == nil:
		case written[p.Name] == p:
			found[i] = append(found[i], p.check(around)...)
		default: // one without a name, or with that of another
			found[i] = append(found[i], p.check(surroundings{catalogue: catalogue, analyses: around.analyses})...)
		}
	})
	findings = slices.Concat(found...).sorted()
	return library.without(findings.Errors()), findings
}

// flatten has those that extend the one whose place they take, and could not be put together
// since something further above was replaced as well, extend it as it was before. It says
// whether there are any.
func (l Library) flatten(library Library, written map[string]*Playbook, own map[string]string) bool {
	found := false
	for name := range own {
		p := written[name]
		before, known := l[name]
		if _, whole := library[name]; whole || !known || p.beneath == nil || p.beneath.replacedAbove(written, own) == nil {
			continue
		}
		former := *before.unexpanded()
		former.Extends, former.Remove = "", nil
		p.beneath, found = &former, true
	}
	return found
}

// keep sees to the playbooks of the base that cannot build on what has taken another's place:
// they go on with what they were made of before, since nobody has touched them. It returns
// the findings that are left, with a note about each of them at what took the place.
func (s surroundings) keep(base Library, written map[string]*Playbook, own map[string]string, findings Findings) Findings {
	for _, name := range base.Names() {
		before, p := base[name], written[name]
		if _, replaced := own[name]; replaced {
			continue
		}
		if now, ok := s.library[name]; ok && now.Version == before.Version {
			continue
		}
		file := p.origin.in.file
		errs := slices.Concat(findings, p.check(s)).Errors()
		errs = slices.DeleteFunc(errs, func(f Finding) bool { return f.File != file })
		if _, ok := s.library[name]; ok && len(errs) == 0 {
			continue
		}
		findings = slices.DeleteFunc(findings, func(f Finding) bool { return f.File == file })
		s.library[name] = before
		if above := p.replacedAbove(written, own); above != nil && len(errs) > 0 {
			findings = append(findings, above.origin.key("name").breaks(ruleKept, "",
				"the playbook %q, which extends %q, cannot build on this one and keeps the former: %s", name, above.Name, errs[0].Message))
		}
	}
	return findings
}

// replacedAbove finds the nearest playbook that this one extends whose place another took.
func (p *Playbook) replacedAbove(written map[string]*Playbook, own map[string]string) *Playbook {
	for range maxDepth {
		above, ok := written[p.Extends]
		if !ok {
			return nil
		}
		if _, replaced := own[above.Name]; replaced {
			return above
		}
		p = above
	}
	return nil
}

// without returns the library without what is made of a file in which something is wrong.
func (l Library) without(errs Findings) Library {
	wrong := map[string]bool{}
	for _, e := range errs {
		wrong[e.File] = true
	}
	made := func(p *Playbook) bool {
		if wrong[p.origin.in.file] {
			return true
		}
		for _, s := range p.Steps {
			if wrong[s.origin.in.file] {
				return true
			}
		}
		return slices.ContainsFunc(p.Hooks, func(h Hook) bool { return wrong[h.origin.in.file] })
	}
	sound := Library{}
	for name, p := range l {
		if !made(p) {
			sound[name] = p
		}
	}
	return sound
}

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
