package rig

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// Muster is the settings that servers and workers share.
type Muster struct {
	DatabaseURL     string
	TemporalAddress string
	// VendorsURL is where stand-ins for all vendors listen, below paths of their own.
	VendorsURL string
	// Catalogue is the text of a muster.yaml; empty is the built-in sample. Playbooks are
	// the texts of playbooks, by the names of their files, in the folder that the catalogue
	// calls "playbooks".
	Catalogue string
	Playbooks map[string]string
}

// running matches what servers and workers log when they run.
var running = regexp.MustCompile(`muster is running.* address=(\S+)`)

// Migrate brings the database's schema up to date.
func (r *Rig) Migrate(ctx context.Context, m Muster) error {
	environment, err := r.environment(m)
	if err != nil {
		return err
	}
	p, err := r.start(ctx, "migrate", regexp.MustCompile(`schema version`), environment, r.muster, "migrate")
	if err != nil {
		return err
	}
	<-p.exited
	if !p.cmd.ProcessState.Success() {
		return fmt.Errorf("muster migrate ended with %s; %s says why", p.cmd.ProcessState, p.logFile)
	}
	return nil
}

// Server starts muster server, and returns once it listens.
func (r *Rig) Server(ctx context.Context, m Muster) (Service, error) { return r.part(ctx, m, "server") }

// Worker starts muster worker, and returns once its metrics can be read.
func (r *Rig) Worker(ctx context.Context, m Muster) (Service, error) { return r.part(ctx, m, "worker") }

func (r *Rig) part(ctx context.Context, m Muster, command string) (Service, error) {
	environment, err := r.environment(m)
	if err != nil {
		return Service{}, err
	}
	p, err := r.start(ctx, command, running, environment, r.muster, command, "--listen", "127.0.0.1:0")
	if err != nil {
		return Service{}, err
	}
	return Service{p, p.said[1]}, nil
}

// environment is the variables that muster reads. The tokens open nothing.
func (r *Rig) environment(m Muster) ([]string, error) {
	environment := []string{
		"MUSTER_DATABASE_URL=" + m.DatabaseURL, "MUSTER_PUBLIC_URL=https://muster.example.com",
		"TEMPORAL_ADDRESS=" + m.TemporalAddress, "TEMPORAL_NAMESPACE=default",
	}
	if m.VendorsURL != "" {
		environment = append(environment,
			"MUSTER_PAGERDUTY_TOKEN=sample", "MUSTER_PAGERDUTY_FROM=muster@example.com", "MUSTER_PAGERDUTY_WEBHOOK_SECRET=sample",
			"MUSTER_PAGERDUTY_API_URL="+m.VendorsURL+"/pagerduty", "MUSTER_PAGERDUTY_EVENTS_URL="+m.VendorsURL+"/events",
			"MUSTER_SLACK_TOKEN=sample", "MUSTER_SLACK_SIGNING_SECRET=sample", "MUSTER_SLACK_API_URL="+m.VendorsURL+"/slack/",
			"MUSTER_JIRA_URL="+m.VendorsURL+"/jira", "MUSTER_JIRA_USER=muster@example.com", "MUSTER_JIRA_TOKEN=sample", "MUSTER_JIRA_WEBHOOK_SECRET=sample")
	}
	if m.Catalogue == "" {
		return environment, nil
	}
	folder, err := os.MkdirTemp(r.folder, "catalogue-*")
	if err != nil {
		return nil, err
	}
	files := map[string]string{"muster.yaml": m.Catalogue}
	for name, text := range m.Playbooks {
		files[filepath.Join("playbooks", name)] = text
	}
	for name, text := range files {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return nil, err
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	return append(environment, "MUSTER_CONFIG="+filepath.Join(folder, "muster.yaml")), nil
}

// Catalogue is a muster.yaml with services of these names, each with a service at the pager
// of its own, so that none comes near the limits that PagerDuty sets for one. The playbook is
// what their incidents follow; for any but the built-in one, its folder is named as well.
func Catalogue(services []string, playbook string) string {
	var text strings.Builder
	text.WriteString("severities:\n  - {name: SEV1, description: Everything is down., aliases: [critical], pager: critical}\n" +
		"  - {name: SEV3, description: Few notice., aliases: [warning], pager: warning}\n" +
		"teams:\n  - {name: sample, timezone: UTC}\nservices:\n")
	for i, name := range services {
		fmt.Fprintf(&text, "  - {name: %s, team: sample, pagerduty: {service: PBENCH%03d}, jira: {project: BENCH}, chat: {prefix: inc}}\n", name, i)
	}
	fmt.Fprintf(&text, "defaults: {service: %s, severity: SEV3, playbook: %s}\n", services[0], playbook)
	if playbook != "default" {
		text.WriteString("playbooks: playbooks\n")
	}
	return text.String()
}
