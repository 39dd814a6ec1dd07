package main

import (
	"context"
	"time"

	"muster/playbooks"
)

// playbooksInterval is how often the files of the playbooks are looked at. A change is taken
// when two looks agree.
const playbooksInterval = 3 * time.Second

// followPlaybooks keeps the playbooks as their files are, and says in the log what became of
// each change.
func (a *app) followPlaybooks(ctx context.Context) {
	ticker := time.NewTicker(playbooksInterval)
	defer ticker.Stop()
	a.playbooks.Watch(ctx, ticker.C, func(s playbooks.FolderState) {
		if s.Err != nil {
			a.logger.ErrorContext(ctx, "the playbooks have changed and have a mistake; new incidents follow those before the change", "error", s.Err)
			return
		}
		a.logger.InfoContext(ctx, "the playbooks were read again; new incidents follow them", "playbooks", s.Library.Names(), "own", s.Own)
	})
}
