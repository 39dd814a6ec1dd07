package config

import (
	"fmt"
	"strings"

	"muster/internal/spelling"
)

// didYouMean helps a reader who wrote a word that is not among the known ones:
// it names the most similar one, if any is similar, and then all of them. The
// kind is what they are, in the plural.
func didYouMean(word, kind string, known []string) string {
	if len(known) == 0 {
		return fmt.Sprintf("there are no %s yet", kind)
	}
	all := fmt.Sprintf("%s: %s", kind, strings.Join(known, ", "))
	if best, ok := nearest(word, known); ok {
		return fmt.Sprintf("did you mean %q? %s", best, all)
	}
	return all
}

// nearest returns the known word with the fewest edits from word, upper and
// lower case being the same. A word with edits in more than half of its letters
// is not similar. The parts of a word_with_underscores count as well.
func nearest(word string, known []string) (best string, ok bool) {
	fewest := 0
	for _, candidate := range known {
		for _, part := range append([]string{candidate}, strings.Split(candidate, "_")...) {
			n := spelling.Edits(fold(word), fold(part))
			if n*2 <= max(len([]rune(part)), 2) && (!ok || n < fewest) {
				best, fewest, ok = candidate, n, true
			}
		}
	}
	return best, ok
}
