// Package spelling says how far a word is from another one, so that a mistyped name can be
// answered with the one that was meant: a playbook's key, a service of the catalogue, a command
// in the chat.
//
// It counts and does not judge. How many edits are too many depends on who asks: a file that
// is read once more bears a wild guess in its error, a command that would be carried out bears
// none. Each caller therefore has a rule of its own, beside its own list of names.
package spelling

// Edits returns how many letters to insert, drop, replace or swap with their neighbour to get
// from one word to the other, 0 for the same word. It is symmetric, and at most the length of
// the longer word. Letters are Unicode code points, upper and lower case being different ones:
// fold the words first where that is not meant.
//
// This is the optimal string alignment distance, Damerau and Levenshtein's with each letter
// edited at most once: Boytsov, Indexing methods for approximate dictionary searching, ACM
// Journal of Experimental Algorithmics 16, 2011, section 2.1.
func Edits(from, to string) int {
	a, b := []rune(from), []rune(to)
	beforeLast, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range a {
		row[0] = i + 1
		for j := range b {
			replaced := last[j]
			if a[i] != b[j] {
				replaced++
			}
			row[j+1] = min(replaced, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], beforeLast[j-1]+1)
			}
		}
		beforeLast, last, row = last, row, beforeLast
	}
	return last[len(b)]
}
