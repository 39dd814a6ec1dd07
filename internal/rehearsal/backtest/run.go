package backtest

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"muster/config"
	"muster/incident"
	"muster/internal/declaration"
	"muster/internal/rehearsal"
	"muster/playbooks"
)

// House is what incidents would meet now.
type House struct {
	// Library are the playbooks.
	Library playbooks.Library
	// Catalogue says what alerts mean; nil leaves service and severity as they were.
	Catalogue *config.Catalogue
}

// errIgnored says that a route has the alert start nothing.
var errIgnored = errors.New("a route says to ignore the alert")

// Run rehearses a past incident as it was and as it would be now, and says what differs. It
// never fails: what cannot be run is said in the result.
func (h House) Run(p Past) Difference {
	then, err := rehearsal.Run(p.script(p.Declared, p.Playbook))
	if err != nil {
		return p.impossible(fmt.Errorf("it cannot be run as it was: %w", err))
	}
	declare, playbook, err := h.declare(p)
	if errors.Is(err, errIgnored) {
		d := Compare(p, then, &rehearsal.Record{Start: p.Start, Playbook: &playbooks.Playbook{}})
		d.Ignored = true
		return d
	}
	if err != nil {
		return p.impossible(fmt.Errorf("it cannot be declared now: %w", err))
	}
	now, err := rehearsal.Run(p.script(declare, playbook))
	if err != nil {
		return p.impossible(fmt.Errorf("it cannot be run now: %w", err))
	}
	return Compare(p, then, now)
}

func (p Past) impossible(err error) Difference {
	d := p.difference()
	d.Problem = err.Error()
	return d
}

func (p Past) script(declare incident.Command, playbook *playbooks.Playbook) rehearsal.Script {
	return rehearsal.Script{
		Declare: declare, Playbook: playbook, Start: p.Start, End: p.Length, OnCall: p.OnCall, Happenings: p.Happenings,
	}
}

// declare says how the incident would be declared now, and what it would follow.
func (h House) declare(p Past) (incident.Command, *playbooks.Playbook, error) {
	command, named := p.Declared, h.named(p)
	before, _ := command.Intent.(incident.Declare)
	switch {
	case h.Catalogue == nil:
	case p.byAlert():
		declared, route := declaration.OfAlert(h.Catalogue, p.Alert)
		if route.Ignore {
			return command, nil, errIgnored
		}
		// The title is people's: it says what the incident was, and no more.
		after, _ := declared.Intent.(incident.Declare)
		after.Title, after.Summary = before.Title, before.Summary
		command.Intent, named = after, route.Playbook
	default:
		service, ok := h.Catalogue.Service(before.Service.Name)
		if !ok {
			return command, nil, fmt.Errorf("the catalogue has no service %q any more", before.Service.Name)
		}
		before.Service, before.Scale = declaration.Service(service), declaration.Scale(h.Catalogue.Scale())
		command.Intent = before
	}
	declare, _ := command.Intent.(incident.Declare)
	var alert *incident.Alert
	if p.byAlert() {
		alert = &p.Alert
	}
	chosen, err := declaration.Choose(h.Library, h.Catalogue, named, declare, alert, p.Start)
	if err != nil {
		return command, nil, err
	}
	declare.Notes = append(slices.Clone(declare.Notes), chosen.Notes...)
	command.Intent = declare
	return command, chosen.Playbook, nil
}

// byAlert says that an alert declared the incident, not a person.
func (p Past) byAlert() bool {
	return p.Alert.Name != "" && p.Declared.Actor.Kind == incident.ActorVendor
}

// named is the playbook that was asked for by its name, as far as that can be told: one that
// is meant for no incident in particular is followed only where somebody names it, or where
// it is the default.
func (h House) named(p Past) string {
	now, ok := h.Library[p.Playbook.Name]
	if !ok || now.When != "" || p.Playbook.Name == playbooks.Default ||
		h.Catalogue != nil && p.Playbook.Name == h.Catalogue.Defaults().Playbook {
		return ""
	}
	return p.Playbook.Name
}

// RunAll runs incidents as they come, as many at once as there are processors, and hands
// over the results in the order in which they came.
func (h House) RunAll(pasts []Past, done func(Difference)) {
	results := make([]Difference, len(pasts))
	ready := make([]chan struct{}, len(pasts))
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	var running sync.WaitGroup
	for i := range pasts {
		ready[i] = make(chan struct{})
		running.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			results[i] = h.Run(pasts[i])
			close(ready[i])
		})
	}
	for i := range pasts {
		<-ready[i]
		done(results[i])
	}
	running.Wait()
}
