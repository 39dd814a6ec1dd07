package workflows

import (
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"
)

// Generation counts the versions of this package whose histories cannot be carried on by
// the next one. A change in the order of activities, timers or child workflows is made
// with workflow.GetVersion, so that incidents under way take the old way; raise the number
// only where that is out of the question. Workflows of an earlier generation are ended at
// the next start and begun again from the journal.
const Generation = 2

// Origin is where a workflow comes from, as its memo in Temporal tells.
type Origin struct {
	// Generation is that of the code that began it.
	Generation int
	// Installation is the id of the database that its incident is in; empty where it is
	// not known.
	Installation string
	// Life is the life of its incident that it was begun for; -1 where it is not known. One
	// that does not count any more must not go on.
	Life int
}

const (
	generationMemo   = "muster_generation"
	installationMemo = "muster_installation"
	lifeMemo         = "muster_life"
)

// Memo is what a workflow of an installation is started with, for a life of its incident, by
// which [OriginOf] knows it.
func Memo(installation string, life int) map[string]any {
	return map[string]any{generationMemo: Generation, installationMemo: installation, lifeMemo: life}
}

// OriginOf reads where a workflow comes from. One without a memo is of the first
// generation.
func OriginOf(memo *commonpb.Memo) Origin {
	origin := Origin{Generation: 1, Life: -1}
	read := func(name string, into any) {
		if payload, ok := memo.GetFields()[name]; ok {
			// What cannot be read is not ours, and says nothing.
			_ = converter.GetDefaultDataConverter().FromPayload(payload, into)
		}
	}
	read(generationMemo, &origin.Generation)
	read(installationMemo, &origin.Installation)
	read(lifeMemo, &origin.Life)
	return origin
}

// ownMemo is the memo of a workflow that this one starts.
func ownMemo(ctx workflow.Context) map[string]any {
	own := OriginOf(workflow.GetInfo(ctx).Memo)
	return Memo(own.Installation, own.Life)
}
