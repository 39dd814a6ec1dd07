package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/compose-spec/compose-go/v2/cli"
)

// checkCompose loads each set of files as `docker compose config` does: against the schema,
// with variables filled in, references followed and files merged.
func checkCompose(ctx context.Context, root string) (string, error) {
	sets := []struct {
		files       []string
		environment []string
	}{
		{files: []string{"docker-compose.yml"}},
		{files: []string{"deploy/compose/dev.yml"}},
		{
			files:       []string{"docker-compose.yml", "deploy/compose/external.yml"},
			environment: []string{"TEMPORAL_ADDRESS=temporal.example.com:7233"},
		},
		{
			files: []string{"docker-compose.yml", "deploy/compose/catalogue.yml", "deploy/compose/vendors.yml"},
			environment: []string{
				"MUSTER_CATALOGUE=/etc/sample", "MUSTER_SECRETS=/run/sample", "MUSTER_PAGERDUTY_FROM=muster@example.com",
				"MUSTER_JIRA_URL=https://example.atlassian.net", "MUSTER_JIRA_USER=muster@example.com",
			},
		},
	}
	services := 0
	var errs []error
	for _, set := range sets {
		var paths []string
		for _, file := range set.files {
			paths = append(paths, filepath.Join(root, file))
		}
		options, err := cli.NewProjectOptions(paths, cli.WithEnv(set.environment), cli.WithProfiles([]string{"*"}), cli.WithConsistency(true))
		if err != nil {
			return "", err
		}
		project, err := options.LoadProject(ctx)
		if err != nil {
			errs = append(errs, fmt.Errorf("%v: %w", set.files, err))
			continue
		}
		services += len(project.Services)
	}
	return fmt.Sprintf("%d services in %d sets of files load", services, len(sets)), errors.Join(errs...)
}
