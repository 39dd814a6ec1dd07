package workflows

import (
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
)

// Generation counts the versions of this package whose histories cannot be carried on by
// the next one. A change in the order of activities, timers or child workflows is made
// with workflow.GetVersion, so that incidents under way take the old way; raise the number
// only where that is out of the question. Workflows of an earlier generation are ended at
// the next start and begun again from the journal.
const Generation = 2

const generationMemo = "muster_generation"

// Memo is what a workflow is started with, by which [GenerationOf] knows it.
func Memo() map[string]any { return map[string]any{generationMemo: Generation} }

// GenerationOf reads the generation of the code that began a workflow from its memo: 1
// where there is none.
func GenerationOf(memo *commonpb.Memo) int {
	generation := 1
	if payload, ok := memo.GetFields()[generationMemo]; ok {
		if err := converter.GetDefaultDataConverter().FromPayload(payload, &generation); err != nil {
			return 1
		}
	}
	return generation
}
