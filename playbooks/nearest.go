package playbooks

import (
	"fmt"
	"slices"
	"strings"

	"muster/internal/spelling"
)

// How many names a hint lists: the eye finds one among so many, and needs no list where
// there is a similar one.
const (
	namesShown       = 60
	namesBesideShown = 8
)

// didYouMean helps a person who wrote a name that does not exist: with the most similar
// one, and with all of them where they are few. What they are is said in the plural.
func didYouMean(name, plural string, known []string) string {
	if len(known) == 0 {
		return "there are no " + plural
	}
	names := slices.Sorted(slices.Values(known))
	all := fmt.Sprintf("%s: %s", plural, strings.Join(names, ", "))
	best, similar := nearest(name, names)
	switch {
	case similar && len(names) > namesBesideShown:
		return fmt.Sprintf("did you mean %s?", best)
	case similar:
		return fmt.Sprintf("did you mean %s? %s", best, all)
	case len(names) > namesShown:
		return fmt.Sprintf("there are %d %s", len(names), plural)
	default:
		return all
	}
}

// nearest returns the name with the fewest edits. One with edits in more than a third of
// its letters is not similar.
func nearest(name string, known []string) (best string, similar bool) {
	fewest := 0
	for _, candidate := range known {
		n := spelling.Edits(strings.ToLower(name), strings.ToLower(candidate))
		if n*3 <= max(len([]rune(candidate)), 3) && (!similar || n < fewest) {
			best, fewest, similar = candidate, n, true
		}
	}
	return best, similar
}
