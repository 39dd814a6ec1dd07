package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"muster/config"
	"muster/incident"
	"muster/internal/rehearsal/backtest"
	"muster/internal/rehearsal/scenario"
	"muster/playbooks"
	"muster/store"
)

type playbookBacktestCommand struct {
	config.Storage
	Dir    string `arg:"" optional:"" placeholder:"DIR" help:"The folder with the changed playbooks; they go before the built-in ones and those of --config."`
	Config string `placeholder:"FILE" help:"The changed muster.yaml; without it services and severities stay as they were."`
	Since  string `default:"90d" placeholder:"DURATION" help:"How far to look back."`
	Limit  int    `default:"1000" placeholder:"N" help:"The most incidents to run, the newest."`
	Format string `default:"table" enum:"table,markdown,json" help:"How to write the report: table, markdown or json."`
}

// Help is shown below the usage.
func (playbookBacktestCommand) Help() string {
	return "Takes past incidents from the journal (the Postgres database in MUSTER_DATABASE_URL, or else the data directory of muster dev) " +
		"and runs each twice in virtual time: with the playbook it followed, and with those given here. Nothing reaches a vendor, and nothing is written."
}

// Validate is called before the command runs.
func (cmd *playbookBacktestCommand) Validate() error {
	switch back, ok := scenario.ParseDuration(cmd.Since); {
	case !ok || back <= 0:
		return fmt.Errorf("--since: %q is no duration; write 90d, 2w or 36h", cmd.Since)
	case cmd.Limit < 1:
		return errors.New("--limit must be at least 1")
	case cmd.Dir == "" && cmd.Config == "":
		return errors.New("name what has changed: a folder of playbooks, --config, or both")
	}
	return cmd.Storage.Validate()
}

// Run runs past incidents again.
func (cmd *playbookBacktestCommand) Run(ctx context.Context, c *console) (err error) {
	house, err := cmd.house()
	if err != nil {
		return misuse(err)
	}
	db, err := openExisting(ctx, cmd.Storage)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	back, _ := scenario.ParseDuration(cmd.Since) // Validate has seen it
	report := &backtest.Report{Since: time.Now().Add(-back)}
	progress := newProgress(newConsole(os.Stderr), "run again")
	err = eachPast(ctx, db, report.Since, cmd.Limit, func(pasts []backtest.Past, unreadable []backtest.Difference) {
		for _, d := range unreadable {
			report.Add(d)
		}
		house.RunAll(pasts, report.Add)
		progress.count(report.Totals.Incidents)
	})
	progress.end()
	if err != nil {
		return err
	}
	switch cmd.Format {
	case "json":
		return report.WriteJSON(c.out)
	case "markdown":
		return report.WriteMarkdown(c.out)
	default:
		return report.WriteTable(c.out)
	}
}

// house reads what incidents would meet now.
func (cmd *playbookBacktestCommand) house() (house backtest.House, err error) {
	if cmd.Config != "" {
		house.Catalogue, house.Library, err = loadCatalogue(config.CatalogueFile{CataloguePath: cmd.Config})
	} else {
		house.Library, err = playbooks.BuiltIn()
	}
	if err != nil || cmd.Dir == "" {
		return house, err
	}
	if house.Library, err = house.Library.Load(os.DirFS(cmd.Dir), "."); err != nil {
		return house, fmt.Errorf("playbooks in %s:\n%w", cmd.Dir, err)
	}
	return house, nil
}

// eachPast reads incidents from the journal, the newest first and a page at a time. Exercises
// are left out; those whose journal cannot be run again are handed over with the reason.
func eachPast(ctx context.Context, db *store.Store, since time.Time, limit int, do func([]backtest.Past, []backtest.Difference)) error {
	cursor := ""
	for limit > 0 {
		states, next, err := db.Incidents(ctx, store.Filter{Since: since, Limit: min(limit, store.MaxIncidents), Cursor: cursor})
		if err != nil {
			return err
		}
		var pasts []backtest.Past
		var unreadable []backtest.Difference
		for _, s := range states {
			if s.Exercise != nil {
				continue
			}
			past, err := readPast(ctx, db, s.ID)
			if err != nil {
				unreadable = append(unreadable, backtest.Difference{Incident: s.ID, Title: s.Title, DeclaredAt: s.DeclaredAt, Problem: err.Error()})
				continue
			}
			pasts = append(pasts, past)
		}
		do(pasts, unreadable)
		limit -= len(states)
		if cursor = next; cursor == "" {
			return nil
		}
	}
	return nil
}

func readPast(ctx context.Context, db *store.Store, id incident.ID) (backtest.Past, error) {
	journal, err := db.Journal(ctx, id)
	if err != nil {
		return backtest.Past{}, err
	}
	return backtest.Read(journal)
}
