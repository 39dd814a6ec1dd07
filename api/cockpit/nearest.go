package cockpit

import (
	"strings"
	"unicode/utf8"

	"muster/internal/spelling"
)

// likeness says how many edits apart two words may be to be taken for one that was
// mistyped: none in short ones, which are all alike, one from four letters on, two from
// seven on.
func likeness(letters int) int {
	switch {
	case letters < 4:
		return 0
	case letters < 7:
		return 1
	}
	return 2
}

// nearest returns the known word that somebody most likely meant who wrote another one: the
// one with the fewest edits, or the only one that begins so. Names are compared as they
// are, so fold them first. A word that is known is not looked for here.
func nearest(word string, known []string) (best string, ok bool) {
	fewest := 0
	for _, candidate := range known {
		n := spelling.Edits(word, candidate)
		if n <= likeness(min(utf8.RuneCountInString(word), utf8.RuneCountInString(candidate))) && (!ok || n < fewest) {
			best, fewest, ok = candidate, n, true
		}
	}
	if ok {
		return best, true
	}
	return completion(word, known)
}

// shortestBeginning is how many letters a word must have to be taken for the beginning of
// another one.
const shortestBeginning = 3

// completion returns the only known word that begins with what was written.
func completion(word string, known []string) (whole string, ok bool) {
	if utf8.RuneCountInString(word) < shortestBeginning {
		return "", false
	}
	for _, candidate := range known {
		if strings.HasPrefix(candidate, word) {
			if ok {
				return "", false
			}
			whole, ok = candidate, true
		}
	}
	return whole, ok
}
