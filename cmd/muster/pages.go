package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"muster/api"
	"muster/api/dispatch"
	"muster/api/ui"
	"muster/incident"
	"muster/incident/postmortem"
)

func (a *app) newPages(o appOptions) (*ui.UI, error) {
	options := ui.Options{
		Commander: pageCommander{a.dispatcher, a.draining}, Reader: a.store,
		TemporalUIURL: o.temporalUIURL, Namespace: o.namespace,
		Sandbox: a.sandbox != nil, Version: musterVersion(), Logger: o.logger, Ailing: a.ailing, Playbooks: o.playbooks,
	}
	for _, s := range o.catalogue.Services() {
		options.Services = append(options.Services, ui.Choice{Name: s.Name, Hint: s.Description})
	}
	for _, s := range o.catalogue.Scale() {
		options.Severities = append(options.Severities, ui.Choice{Name: s.Name, Hint: s.Description})
	}
	return ui.New(options)
}

// ailing says in sentences what does not work.
func (a *app) ailing() []string {
	var sentences []string
	for _, part := range a.monitor.Ailing() {
		sentences = append(sentences, strings.ToUpper(part.Name[:1])+part.Name[1:]+": "+part.Reason+".")
	}
	return sentences
}

// pageCommander lets the pages use the dispatcher without knowing the API. While Muster
// stops it refuses, so that people are shown their form again with all they typed.
type pageCommander struct {
	*dispatch.Dispatcher
	draining func() bool
}

var errStopping = fmt.Errorf("%w: Muster is stopping", api.ErrUnavailable)

func (a *app) draining() bool { return a.server.Draining() }

// Do implements [ui.Commander].
func (p pageCommander) Do(ctx context.Context, c incident.Command) (incident.State, error) {
	if p.draining() {
		return incident.State{}, errStopping
	}
	return p.Dispatcher.Do(ctx, c)
}

// Declare implements [ui.Commander].
func (p pageCommander) Declare(ctx context.Context, d ui.Declaration) (incident.State, error) {
	if p.draining() {
		return incident.State{}, errStopping
	}
	return p.Dispatcher.Declare(ctx, d.Key, api.Declaration{
		Title: d.Title, Summary: d.Summary, Service: d.Service, Severity: incident.Severity(d.Severity),
		Playbook: d.Playbook, Actor: d.Actor, Source: cmp.Or(d.Source, "page"),
	})
}

// postmortems renders postmortems for the API.
type postmortems struct{ baseURL string }

func (p postmortems) draft(events []incident.Event) postmortem.Document {
	links := postmortem.Links{}
	if len(events) > 0 {
		links.Incident = p.baseURL + "/incidents/" + string(events[0].Incident)
	}
	return postmortem.Draft(events, links)
}

// Markdown implements [api.Postmortems].
func (p postmortems) Markdown(events []incident.Event) ([]byte, error) {
	return []byte(postmortem.Markdown(p.draft(events))), nil
}

// HTML implements [api.Postmortems].
func (p postmortems) HTML(events []incident.Event) ([]byte, error) {
	html, err := postmortem.HTML(p.draft(events))
	return []byte(html), err
}

// JSON implements [api.Postmortems].
func (p postmortems) JSON(events []incident.Event) ([]byte, error) {
	return json.Marshal(p.draft(events))
}
