package archive

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"time"

	"muster/incident"
	"muster/store"
)

// Origin says what the header of an archive is to tell.
type Origin struct {
	// Muster is the version of this program, At the time.
	Muster string
	At     time.Time
}

// Export writes everything a store holds, as it is at this moment, while others go on using
// it. It takes the same memory however much there is. Progress, unless it is nil, is
// called after each record with how many there have been. An error leaves w with a file
// that [Import] refuses.
func Export(ctx context.Context, s *store.Store, w io.Writer, from Origin, progress func(records int)) (Summary, error) {
	out := newWriter(w)
	header := Header{
		Format: Format, Version: Version, Muster: from.Muster, Installation: s.Installation(),
		Schema: s.Schema(), Fold: incident.FoldVersion, ExportedAt: from.At.UTC().Truncate(time.Second),
	}
	if err := out.line(headerKind, header); err != nil {
		return Summary{}, err
	}
	summary := Summary{Header: header, Counts: map[string]int{}}
	records := 0
	err := s.Dump(ctx, func(r store.Record) error {
		kind := kindOf(r)
		summary.Counts[kind]++
		records++
		if progress != nil {
			progress(records)
		}
		return out.line(kind, r)
	})
	if err != nil {
		return Summary{}, err
	}
	if err := out.line(endKind, end{Counts: summary.Counts, SHA256: out.sum()}); err != nil {
		return Summary{}, err
	}
	return summary, out.flush()
}

// writer writes lines and keeps the checksum of them.
type writer struct {
	buffer *bufio.Writer
	hash   hash.Hash
	text   bytes.Buffer
	json   *json.Encoder
}

func newWriter(w io.Writer) *writer {
	out := &writer{buffer: bufio.NewWriterSize(w, 1<<16), hash: sha256.New()}
	out.json = json.NewEncoder(&out.text)
	// What was stored stays as it was stored.
	out.json.SetEscapeHTML(false)
	return out
}

// line writes an object with its kind before its members.
func (w *writer) line(kind string, value any) error {
	w.text.Reset()
	if err := w.json.Encode(value); err != nil {
		return fmt.Errorf("write a record of the kind %q: %w", kind, err)
	}
	begin := `{"record":"` + kind + `",`
	for _, part := range [][]byte{[]byte(begin), w.text.Bytes()[1:]} {
		if _, err := w.buffer.Write(part); err != nil {
			return err
		}
		// A hash takes whatever it is given.
		_, _ = w.hash.Write(part)
	}
	return nil
}

func (w *writer) sum() string { return hex.EncodeToString(w.hash.Sum(nil)) }

func (w *writer) flush() error { return w.buffer.Flush() }
