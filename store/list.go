package store

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"muster/incident"
	"muster/store/internal/queries"
)

// Bounds of a list.
const (
	// DefaultIncidents is how many incidents a page has where the filter names no limit.
	DefaultIncidents = 50
	// MaxIncidents is the most incidents a page can have.
	MaxIncidents = 200
	// MaxQueryRunes is the most characters that a search may have.
	MaxQueryRunes = 200
)

// Filter chooses incidents. Its zero value chooses all; what is set must all hold.
type Filter struct {
	// Status is any of these; none means every status.
	Status   []incident.Status
	Severity incident.Severity
	// Service is the service's whole name.
	Service string
	// Query is text whose every word is part of the id, the title, the summary or an
	// alert's name, in capitals or not. A word of one or two ASCII letters or digits is the
	// beginning of a word there.
	Query string
	// Since leaves out what was declared before it.
	Since time.Time
	// Exercise leaves out what is real, or with false what is practice; nil leaves out
	// neither.
	Exercise *bool
	// Limit is the most incidents to return, up to [MaxIncidents]; 0 means
	// [DefaultIncidents].
	Limit int
	// Cursor is where to go on: what the page before returned as next. Its content is
	// the store's own affair.
	Cursor string
}

// OpenStatuses lists the statuses of incidents that have not ended: people are
// responding, or follow-ups are not done.
func OpenStatuses() []incident.Status {
	return slices.DeleteFunc(incident.Statuses(), incident.Status.Ended)
}

// Incidents returns one page of the incidents that the filter chooses, the newest
// first, and the cursor of the next page, which is empty after the last. Incidents
// declared between two pages neither repeat nor hide any. A filter that makes no
// sense is an [incident.InvalidError].
func (s *Store) Incidents(ctx context.Context, filter Filter) (page []incident.State, next string, err error) {
	query, limit, err := listQuery(filter, s.backend.wordBegins)
	if err != nil {
		return nil, "", err
	}
	rows, err := s.backend.list(ctx, query.text(limit+1), query.args)
	if err != nil {
		return nil, "", fmt.Errorf("list incidents: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells of whatever cut the list short
	var texts [][]byte
	for rows.Next() {
		var text []byte
		if err := rows.Scan(&text); err != nil {
			return nil, "", fmt.Errorf("list incidents: %w", err)
		}
		texts = append(texts, text)
	}
	if err := rows.Err(); err != nil {
		return nil, "", fmt.Errorf("list incidents: %w", err)
	}
	more := len(texts) > limit
	if page, err = decodeStates(texts[:min(len(texts), limit)]); err != nil {
		return nil, "", fmt.Errorf("list incidents: %w", err)
	}
	if more {
		next = encodeCursor(page[limit-1].ID.Number())
	}
	return page, next, nil
}

// decodedInTurn is how many states one goroutine decodes before another one is worth it. A
// state takes some 70 µs, which is most of what a list costs.
const decodedInTurn = 16

// decodeStates decodes the states of a page, on all processors where there are many.
func decodeStates(texts [][]byte) ([]incident.State, error) {
	if len(texts) == 0 {
		return nil, nil
	}
	states, errs := make([]incident.State, len(texts)), make([]error, len(texts))
	share := max(decodedInTurn, (len(texts)+runtime.GOMAXPROCS(0)-1)/runtime.GOMAXPROCS(0))
	var decoding sync.WaitGroup
	for from := 0; from < len(texts); from += share {
		decode := func() {
			for i := from; i < min(from+share, len(texts)); i++ {
				states[i], errs[i] = decodeState(texts[i])
			}
		}
		if from+share >= len(texts) {
			decode() // The last one is this goroutine's own.
		} else {
			decoding.Go(decode)
		}
	}
	decoding.Wait()
	return states, cmp.Or(errs...)
}

// conditions collects the conditions of a list; each is optional, which is why sqlc
// does not write this query.
type conditions struct {
	clauses []string
	args    []any
}

// add adds a condition with one %s for each value.
func (c *conditions) add(clause string, values ...any) {
	marks := make([]any, len(values))
	for i, value := range values {
		c.args = append(c.args, value)
		marks[i] = fmt.Sprintf("$%d", len(c.args))
	}
	c.clauses = append(c.clauses, fmt.Sprintf(clause, marks...))
}

func (c *conditions) text(limit int) string {
	text := "SELECT state FROM incidents"
	if len(c.clauses) > 0 {
		text += " WHERE " + strings.Join(c.clauses, " AND ")
	}
	return fmt.Sprintf("%s ORDER BY number DESC LIMIT %d", text, limit)
}

func listQuery(f Filter, wordBegins func(word string) (clause, pattern string)) (query conditions, limit int, err error) {
	if f.Limit < 0 || f.Limit > MaxIncidents {
		return query, 0, invalid("limit", "the limit is %d; it must be between 1 and %d, or 0 for %d", f.Limit, MaxIncidents, DefaultIncidents)
	}
	if err := cmp.Or(storable("severity", string(f.Severity)), storable("service", f.Service), storable("q", f.Query)); err != nil {
		return query, 0, err
	}
	if f.Cursor != "" {
		before, err := decodeCursor(f.Cursor)
		if err != nil {
			return query, 0, err
		}
		query.add("number < %s", before)
	}
	if err := query.addStatuses(f.Status); err != nil {
		return query, 0, err
	}
	if f.Severity != "" {
		query.add("severity = %s", string(f.Severity))
	}
	if f.Service != "" {
		query.add("service = %s", f.Service)
	}
	if !f.Since.IsZero() {
		query.add("declared_at >= %s", queries.Ceil(f.Since))
	}
	if f.Exercise != nil {
		query.add("exercise = %s", *f.Exercise)
	}
	if n := utf8.RuneCountInString(f.Query); n > MaxQueryRunes {
		return query, 0, invalid("q", "the search has %d characters; %d at most are allowed", n, MaxQueryRunes)
	}
	for _, word := range strings.Fields(strings.ToLower(f.Query)) {
		if isShort(word) {
			clause, pattern := wordBegins(word)
			query.add(clause, pattern)
			continue
		}
		query.add(`search LIKE %s ESCAPE '\'`, "%"+likeEscaper.Replace(word)+"%")
	}
	if f.Limit == 0 {
		return query, DefaultIncidents, nil
	}
	return query, f.Limit, nil
}

func (c *conditions) addStatuses(statuses []incident.Status) error {
	if len(statuses) == 0 {
		return nil
	}
	values := make([]any, len(statuses))
	for i, status := range statuses {
		if !slices.Contains(incident.Statuses(), status) {
			return invalid("status", "there is no status %q; the statuses are %v", status, incident.Statuses())
		}
		values[i] = string(status)
	}
	c.add("status IN ("+strings.TrimSuffix(strings.Repeat("%s, ", len(values)), ", ")+")", values...)
	if !slices.ContainsFunc(statuses, incident.Status.Ended) {
		// Follows from the statuses, and lets the database use the small index of what
		// is open.
		c.add("ended_at IS NULL")
	}
	return nil
}

// separators are the characters after which a word begins: all of ASCII that are neither
// letters nor digits, but for ], ^, \ and -, which mean something in a class of characters.
// Named one by one, they are what an index of trigrams understands.
const separators = " \t\n!\"#$%&'()*+,./:;<=>?@[_`{|}~"

// isShort tells the words that are too short to be found within another one by an index of
// trigrams. Letters beyond ASCII are not among them: many scripts write words without
// anything between them.
func isShort(word string) bool {
	return len(word) < 3 && !strings.ContainsFunc(word, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
}

// likeEscaper takes from text what LIKE would not read literally.
var likeEscaper = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// A cursor is a version, the number of the page's last incident, and a checksum,
// which finds cursors that were cut or made up.
const (
	cursorVersion = 1
	cursorBytes   = 1 + 8 + 4
)

func encodeCursor(number int64) string {
	raw := append(make([]byte, 0, cursorBytes), cursorVersion)
	raw = binary.BigEndian.AppendUint64(raw, uint64(number)) //nolint:gosec // numbers are positive
	raw = binary.BigEndian.AppendUint32(raw, crc32.ChecksumIEEE(raw))
	return base64.RawURLEncoding.EncodeToString(raw)
}

func decodeCursor(cursor string) (number int64, err error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || len(raw) != cursorBytes || raw[0] != cursorVersion ||
		binary.BigEndian.Uint32(raw[9:]) != crc32.ChecksumIEEE(raw[:9]) {
		return 0, invalid("cursor", "the cursor %.40q is not one that this list returned; leave it out to start from the newest", cursor)
	}
	return int64(binary.BigEndian.Uint64(raw[1:9])), nil //nolint:gosec // written by encodeCursor
}
