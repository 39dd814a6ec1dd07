package config

import (
	"fmt"
	"strings"
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
			n := Edits(fold(word), fold(part))
			if n*2 <= max(len([]rune(part)), 2) && (!ok || n < fewest) {
				best, fewest, ok = candidate, n, true
			}
		}
	}
	return best, ok
}

// Edits is the optimal string alignment distance, a kind of Damerau and Levenshtein's: how
// many letters to insert, drop, replace or swap with their neighbour to get from one word to
// the other. Upper and lower case are different letters: fold them first.
func Edits(from, to string) int {
	a, b := []rune(from), []rune(to)
	beforeLast, last := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range a {
		row := make([]int, len(b)+1)
		row[0] = i + 1
		for j := range b {
			replace := last[j]
			if a[i] != b[j] {
				replace++
			}
			row[j+1] = min(replace, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], beforeLast[j-1]+1)
			}
		}
		beforeLast, last = last, row
	}
	return last[len(b)]
}
