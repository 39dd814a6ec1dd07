//go:build !slim

package main

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

const shopCatalogue = `severities:
  - {name: SEV1, pager: critical}
  - {name: SEV2, pager: error}
teams:
  - {name: shop, timezone: Europe/Berlin}
services:
  - {name: checkout, team: shop}
  - {name: search, team: shop}
defaults: {service: search, severity: SEV2}
playbooks: playbooks
`

const shopPlaybook = `name: shop
when: incident.service.name == "checkout"
extends: default
steps:
  - {id: bank, title: Ask the bank}
`

const regionAddition = `name: region
addition: true
when: alert.labels["region"] == "eu-1" && local.zone == "Europe/Berlin"
steps:
  - {id: region, title: Look at the region}
`

func shopAlert(group, service string) document {
	return document{
		"version": "4", "status": "firing", "receiver": "muster", "groupKey": group,
		"alerts": []document{{
			"status": "firing", "fingerprint": group, "startsAt": "2026-11-22T03:00:00Z",
			"labels": document{"alertname": "Errors", "service": service, "severity": "SEV1", "region": "eu-1"}, "annotations": document{},
		}},
	}
}

// partsOf are the names and versions of what an incident follows.
func (p *process) partsOf(id string) (parts []document) {
	p.t.Helper()
	p.eventually("the incident "+id+" to follow something", func() bool {
		status, _ := p.call(http.MethodGet, "/api/v1/incidents/"+id+"/playbook", nil)
		return status == http.StatusOK
	})
	return p.get("/api/v1/incidents/" + id + "/playbook").list("parts")
}

func TestNewIncidentsFollowWhatTheirAlertsSayAndWhatTheFilesSayNow(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	files := filepath.Join(dir, "playbooks")
	require.NoError(t, os.Mkdir(files, 0o755))
	write := func(path, text string) {
		// As editors and config maps do: beside it, then in its place.
		require.NoError(t, os.WriteFile(path+".new", []byte(text), 0o600))
		require.NoError(t, os.Rename(path+".new", path))
	}
	catalogue := filepath.Join(dir, "muster.yaml")
	write(catalogue, shopCatalogue)
	write(filepath.Join(files, "shop.yaml"), shopPlaybook)
	write(filepath.Join(files, "region.yaml"), regionAddition)
	p := startMuster(t, filepath.Join(dir, "state"), "--config", catalogue)

	p.do("POST", "/webhooks/alertmanager", shopAlert("a", "checkout"))
	parts := p.partsOf("INC-1")
	require.Equal(t, []any{"default", "shop", "region"}, []any{parts[0]["name"], parts[1]["name"], parts[2]["name"]})
	require.Contains(t, parts[2]["reason"], "region")
	steps := map[any]bool{}
	for _, step := range p.incident("INC-1").list("steps") {
		steps[step["id"]] = true
	}
	require.True(t, steps["page"] && steps["bank"] && steps["region"], "%v", steps)

	p.do("POST", "/webhooks/alertmanager", shopAlert("b", "search"))
	parts = p.partsOf("INC-2")
	require.Equal(t, []any{"default", "region"}, []any{parts[0]["name"], parts[1]["name"]})

	p.do("POST", "/api/v1/incidents", document{"title": "By hand", "service": "search", "severity": "SEV2", "playbook": "shop", "actor": "ana"})
	parts = p.partsOf("INC-3")
	require.Equal(t, []any{"default", "shop"}, []any{parts[0]["name"], parts[1]["name"]}, "what a person names counts; there is no alert with a region")
	status, text := p.call("POST", "/api/v1/incidents", document{"title": "By hand", "service": "search", "severity": "SEV2", "playbook": "nothing", "actor": "ana"})
	require.Equal(t, http.StatusUnprocessableEntity, status)
	require.Contains(t, string(text), "there is no playbook")

	write(filepath.Join(files, "shop.yaml"), "name: shop\ncolour: red\n")
	p.eventually("the mistake to be shown", func() bool { return p.get("/api/v1/playbooks")["refused"] != nil })
	_, text = p.call("GET", "/playbooks", nil)
	require.Contains(t, string(text), "shop.yaml:2:")
	_, text = p.call("GET", "/metrics", nil)
	require.Contains(t, string(text), "muster_playbooks_refused 1")
	p.do("POST", "/webhooks/alertmanager", shopAlert("c", "checkout"))
	require.Len(t, p.partsOf("INC-4"), 3, "the last good ones")

	write(filepath.Join(files, "shop.yaml"), shopPlaybook+"  - {id: rival, title: Look whether rivals fail as well}\n")
	p.eventually("the change to be taken", func() bool { return p.get("/api/v1/playbooks")["refused"] == nil })
	p.do("POST", "/webhooks/alertmanager", shopAlert("d", "checkout"))
	parts = p.partsOf("INC-5")
	require.NotEqual(t, p.partsOf("INC-1")[1]["version"], parts[1]["version"])
	current := p.get("/api/v1/incidents/INC-1/playbook").list("current")
	require.Equal(t, []any{false, true, false}, []any{current[0]["changed"], current[1]["changed"], current[2]["changed"]})
}
