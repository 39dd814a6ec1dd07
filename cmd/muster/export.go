package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"muster/config"
	"muster/store"
	"muster/store/archive"
)

// standardStream is what stands for standard input or output in the place of a file.
const standardStream = "-"

type exportCommand struct {
	config.Storage
	File  string `arg:"" optional:"" default:"-" placeholder:"FILE" help:"Where to write; - or nothing is standard output."`
	Force bool   `help:"Replace FILE if there is one."`
}

// Help is shown below the usage.
func (exportCommand) Help() string {
	return "Writes everything that Muster keeps as JSON Lines, out of the Postgres database in MUSTER_DATABASE_URL or else out of the data directory of muster dev. " +
		"It shows one moment, however long it takes, and may be done while Muster runs. muster import reads the file into an empty installation; docs/backup.md describes it."
}

// Run exports.
func (cmd *exportCommand) Run(ctx context.Context) (err error) {
	notes := newConsole(os.Stderr)
	if cmd.File == standardStream && newConsole(os.Stdout).terminal {
		return errors.New("an export is not for reading on a screen: name a file, or send the output somewhere")
	}
	if err := cmd.mayWrite(); err != nil {
		return err
	}
	db, err := openExisting(ctx, cmd.Storage)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	origin := archive.Origin{Muster: musterVersion(), At: time.Now()}
	progress := newProgress(notes, "exported")
	var summary archive.Summary
	err = intoFile(cmd.File, cmd.Force, func(w io.Writer) (err error) {
		summary, err = archive.Export(ctx, db, w, origin, progress.count)
		return err
	})
	progress.end()
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	notes.printf("Exported %s.\n", contentsText(summary))
	return nil
}

// mayWrite looks for a file of that name before hours are spent on an export.
func (cmd *exportCommand) mayWrite() error {
	if cmd.Force || cmd.File == standardStream {
		return nil
	}
	if _, err := os.Lstat(cmd.File); err == nil {
		return fileExistsError{cmd.File}
	}
	return nil
}

// fileExistsError says that there is a file of this name, which is kept.
type fileExistsError struct{ name string }

func (e fileExistsError) Error() string {
	return e.name + " exists already and was kept; name another file, or say --force to replace it"
}

// openExisting opens the database that an installation has, as the schema of this version
// has it.
func openExisting(ctx context.Context, s config.Storage) (*store.Store, error) {
	postgres, err := s.UsesPostgres()
	if err != nil {
		return nil, err
	}
	if postgres {
		return openPostgres(ctx, s.Database, onlyWarnings())
	}
	path := filepath.Join(s.DataDir, "muster.db")
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("there is no database: %w; name its folder with --data-dir, or Postgres with MUSTER_DATABASE_URL", err)
	}
	return store.Open(ctx, store.Options{Path: path, Migrate: true, Logger: onlyWarnings()})
}

// onlyWarnings is the logger of a command that a person waits for.
func onlyWarnings() *slog.Logger {
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// intoFile has a file written whole or not at all: until it is complete, what had its name
// before stays, and with replace unset after that too. It is for its owner only.
func intoFile(name string, replace bool, write func(io.Writer) error) (err error) {
	if name == standardStream {
		return write(os.Stdout)
	}
	file, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".part-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(file.Name()))
		}
	}()
	if err := errors.Join(write(file), file.Sync(), file.Close()); err != nil {
		return err
	}
	if replace {
		return os.Rename(file.Name(), name)
	}
	// A second name, unlike a new one, takes nobody else's place.
	switch err := os.Link(file.Name(), name); {
	case errors.Is(err, fs.ErrExist):
		return fileExistsError{name}
	case err != nil: // as on file systems without second names
		return os.Rename(file.Name(), name)
	}
	return os.Remove(file.Name())
}

// contentsText says how much an archive holds.
func contentsText(s archive.Summary) string {
	return fmt.Sprintf("installation %s: %s, %s of the inbox, %s in all",
		s.Header.Installation, counted(s.Counts["event"], "event"), counted(s.Counts["inbox_item"], "item"), counted(s.Records(), "record"))
}

// progress shows a person how many records there have been.
type progress struct {
	console *console
	verb    string
	records int
}

func newProgress(c *console, verb string) *progress { return &progress{console: c, verb: verb} }

// progressStep is after how many records the line is written anew.
const progressStep = 10_000

func (p *progress) count(records int) {
	p.records = records
	if p.console.terminal && records%progressStep == 0 {
		p.console.printf("\r%d records %s", records, p.verb)
	}
}

// end takes the line away.
func (p *progress) end() {
	if p.console.terminal && p.records >= progressStep {
		p.console.printf("\r\x1b[K")
	}
}
