package archive

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"maps"

	"muster/store"
)

// maxLineBytes bounds a line: an alert has 16 MiB at most, and may grow when it is written
// down.
const maxLineBytes = 64 << 20

// Import reads an archive into a store that holds nothing, and takes over the identity of the
// installation: the store must be closed and opened again afterwards. Nothing is committed
// before the file has been read to its end and its checksum is right: with any error the
// store holds nothing, as before. It takes as much memory as the longest line, however
// many there are. Progress, unless it is nil, is called after each record with how
// many there have been.
//
// The errors are a [FormatError] for a file that is no archive, is damaged or comes from
// a version that this one cannot read, and [store.ErrNotEmpty].
func Import(ctx context.Context, s *store.Store, r io.Reader, progress func(records int)) (Summary, error) {
	in := &reader{buffer: bufio.NewReaderSize(r, 1<<16), hash: sha256.New()}
	summary := Summary{Counts: map[string]int{}}
	var err error
	if summary.Header, err = in.header(); err != nil {
		return Summary{}, err
	}
	records := 0
	err = s.Load(ctx, summary.Header.Installation, func() (store.Record, error) {
		kind, record, err := in.record(summary.Counts)
		if err != nil {
			return nil, err
		}
		summary.Counts[kind]++
		records++
		if progress != nil {
			progress(records)
		}
		return record, nil
	})
	if err != nil {
		var format *FormatError
		if errors.As(err, &format) || errors.Is(err, store.ErrNotEmpty) || ctx.Err() != nil {
			return Summary{}, err
		}
		return Summary{}, fmt.Errorf("line %d: %w", in.number, err)
	}
	return summary, nil
}

// reader reads lines and keeps the checksum of those before the last.
type reader struct {
	buffer *bufio.Reader
	hash   hash.Hash
	number int
}

func (r *reader) refuse(format string, args ...any) error {
	return &FormatError{Line: r.number, Reason: fmt.Sprintf(format, args...)}
}

// line returns the next line and the kind of what is on it. Its bytes are valid until the
// next call.
func (r *reader) line() (kind string, text []byte, err error) {
	r.number++
	text, err = r.text()
	switch {
	case errors.Is(err, io.EOF) && len(text) == 0:
		return "", nil, r.refuse("the file ends here, before its last record: it was cut; take a whole copy")
	case errors.Is(err, io.EOF):
		return "", nil, r.refuse("the file ends in the middle of this line: it was cut; take a whole copy")
	case err != nil:
		return "", nil, fmt.Errorf("read the archive: %w", err)
	}
	var named struct {
		Record string `json:"record"`
	}
	if err := json.Unmarshal(text, &named); err != nil {
		return "", nil, &FormatError{Line: r.number, Reason: "it is not a JSON object", Err: err}
	}
	return named.Record, text, nil
}

// text returns a line with its end.
func (r *reader) text() ([]byte, error) {
	var long []byte
	for {
		part, err := r.buffer.ReadSlice('\n')
		if !errors.Is(err, bufio.ErrBufferFull) && long == nil {
			return part, err
		}
		if len(long)+len(part) > maxLineBytes {
			return nil, r.refuse("the line is longer than %d MiB", maxLineBytes>>20)
		}
		long = append(long, part...)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return long, err
		}
	}
}

func (r *reader) sum(text []byte) {
	// A hash takes whatever it is given.
	_, _ = r.hash.Write(text)
}

func (r *reader) header() (Header, error) {
	kind, text, err := r.line()
	var format *FormatError
	if err != nil && !errors.As(err, &format) {
		return Header{}, err
	}
	var h Header
	if err == nil && kind == headerKind {
		err = json.Unmarshal(text, &h)
	}
	switch {
	case err != nil || kind != headerKind || h.Format != Format:
		return Header{}, r.refuse("this is not an archive of Muster, which begins with a header; muster export writes one")
	case h.Version > Version:
		return Header{}, r.refuse("the archive has version %d of the format, this muster reads versions up to %d; use the muster that wrote it (%s), or a newer one", h.Version, Version, h.Muster)
	}
	r.sum(text)
	return h, nil
}

// record returns the next record, or [io.EOF] behind the last if the file is whole.
func (r *reader) record(counted map[string]int) (kind string, record store.Record, err error) {
	kind, text, err := r.line()
	if err != nil {
		return "", nil, err
	}
	if kind == endKind {
		return "", nil, r.end(text, counted)
	}
	r.sum(text)
	for _, k := range kinds {
		if k.name != kind {
			continue
		}
		if record, err = k.read(text); err != nil {
			return "", nil, &FormatError{Line: r.number, Reason: fmt.Sprintf("this is no record of the kind %q", kind), Err: err}
		}
		return kind, record, nil
	}
	return "", nil, r.refuse("this muster knows no record of the kind %q, and leaving it out would lose something; use the muster that wrote the archive, or a newer one", kind)
}

func (r *reader) end(text []byte, counted map[string]int) error {
	var e end
	if err := json.Unmarshal(text, &e); err != nil {
		return &FormatError{Line: r.number, Reason: "this is no record of the kind \"end\"", Err: err}
	}
	if sum := hex.EncodeToString(r.hash.Sum(nil)); sum != e.SHA256 {
		return r.refuse("the checksum is wrong: the file was changed or damaged; take another copy")
	}
	if !maps.Equal(counted, e.Counts) {
		return r.refuse("the file counts %v records, and has %v", e.Counts, counted)
	}
	rest, err := io.ReadAll(io.LimitReader(r.buffer, 1<<10))
	if err != nil {
		return fmt.Errorf("read the archive: %w", err)
	}
	if len(bytes.TrimSpace(rest)) > 0 {
		return r.refuse("the file goes on behind its end; read one archive at a time")
	}
	return io.EOF
}
