package incident

import (
	"maps"
	"slices"
)

// Kinds lists every kind in the registry, so that tests notice a new one.
func Kinds() []Kind { return slices.Sorted(maps.Keys(facts)) }
