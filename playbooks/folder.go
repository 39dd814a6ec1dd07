package playbooks

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Source gives the playbooks as they are now. A [Library] is one that never changes, a
// [Folder] one that follows its files.
type Source interface {
	// Current returns the library to use for an incident that begins now. It must not be
	// changed.
	Current() Library
}

// Current implements [Source].
func (l Library) Current() Library { return l }

// Folder is a library that follows the files it is made of: the built-in playbooks, and
// those of an operator's folder in front of them. The files are read again and again
// ([Folder.Refresh]), by their content, so that it does not matter how they are changed: by
// an editor, by a renaming, or by Kubernetes, which exchanges the folder behind a link. What
// is valid takes the place of the library at once and as a whole; what is not leaves it as
// it was, and [Folder.State] says why.
//
// A Folder comes from [NewFolder] and may be used by many goroutines.
type Folder struct {
	files   fs.FS
	builtIn Library
	check   func(Library) error
	now     func() time.Time

	state atomic.Pointer[FolderState]

	// mu guards what the last looks at the files have seen.
	mu sync.Mutex
	// taken is the content that the state is about, seen what the last look found.
	taken, seen digest
}

// FolderState is a library and where it is from.
type FolderState struct {
	Library Library
	// Own names those that are from the folder.
	Own []string
	// LoadedAt is when the library was read.
	LoadedAt time.Time
	// Err says what is wrong with the files as they are, which are not used therefore; nil
	// if nothing is. RefusedAt is when that was found.
	Err       error
	RefusedAt time.Time
}

// IsOwn says whether a playbook is from the folder rather than built in.
func (s FolderState) IsOwn(name string) bool { return slices.Contains(s.Own, name) }

// NewFolder reads the playbooks in the root of files; nil stands for none but the built-in
// ones. check says what is wrong with a library as a whole and may be nil. The error is that
// of [Library.Load] or of check: there is no earlier library to keep, and whoever goes on with
// the Folder all the same has those playbooks in which nothing is wrong.
func NewFolder(files fs.FS, check func(Library) error, now func() time.Time) (*Folder, error) {
	builtIn, err := BuiltIn()
	if err != nil {
		return nil, err
	}
	if check == nil {
		check = func(Library) error { return nil }
	}
	f := &Folder{files: files, builtIn: builtIn, check: check, now: now}
	if files != nil {
		f.taken = digestOf(files)
		f.seen = f.taken
	}
	state := f.read()
	if state.Err != nil {
		state.RefusedAt = now()
	}
	f.state.Store(&state)
	return f, state.Err
}

// Current implements [Source].
func (f *Folder) Current() Library { return f.state.Load().Library }

// State returns the library with where it is from and what is wrong with the files.
func (f *Folder) State() FolderState { return *f.state.Load() }

// Refresh looks at the files and reads them if they have changed, and says whether that
// changed the state. Files are taken when two looks in a row find the same, so that one which
// is just being written is not.
func (f *Folder) Refresh() bool {
	if f.files == nil {
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	found := digestOf(f.files)
	settled := found == f.seen
	f.seen = found
	if !settled || found == f.taken {
		return false
	}
	f.taken = found
	state := f.read()
	if state.Err != nil {
		kept := f.State()
		kept.Err, kept.RefusedAt = state.Err, f.now()
		state = kept
	}
	f.state.Store(&state)
	return true
}

// Watch refreshes at each tick until ctx ends, and calls changed with each state that is new.
func (f *Folder) Watch(ctx context.Context, ticks <-chan time.Time, changed func(FolderState)) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks:
			if f.Refresh() {
				changed(f.State())
			}
		}
	}
}

// read makes a state of the files, with what is sound of them where something is not.
func (f *Folder) read() FolderState {
	library, err := f.builtIn, error(nil)
	if f.files != nil {
		if library, err = f.builtIn.Load(f.files, "."); library == nil {
			library = f.builtIn
		}
	}
	if err == nil {
		err = f.check(library)
	}
	own := slices.DeleteFunc(library.Names(), func(name string) bool {
		builtIn, ok := f.builtIn[name]
		return ok && builtIn.asWritten() == library[name].asWritten()
	})
	return FolderState{Library: library, Own: own, LoadedAt: f.now(), Err: err}
}

// digest stands for the content of a folder.
type digest [sha256.Size]byte

// maxDigested is how much of each file is looked at to see whether it has changed: more than
// a playbook may have.
const maxDigested = 1 << 20

// digestOf reads the playbooks of a folder. What cannot be read is part of the digest as
// well: that it can be again is a change.
func digestOf(files fs.FS) digest {
	sum := sha256.New()
	write := func(parts ...string) {
		for _, part := range parts {
			// A hash takes any number of bytes and never fails.
			_, _ = io.WriteString(sum, strconv.Itoa(len(part))+":"+part)
		}
	}
	entries, err := fs.ReadDir(files, ".")
	if err != nil {
		write("error", err.Error())
	}
	for _, entry := range entries {
		if entry.IsDir() || !IsPlaybook(entry.Name()) {
			continue
		}
		content, err := readStart(files, entry.Name())
		if err != nil {
			write("error", entry.Name(), err.Error())
			continue
		}
		write("file", entry.Name(), string(content))
	}
	return digest(sum.Sum(nil))
}

func readStart(files fs.FS, name string) ([]byte, error) {
	file, err := openRegular(files, name)
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(io.LimitReader(file, maxDigested))
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	return content, err
}

// FindingsIn returns all findings that an error is made of, in their order. What is no
// finding becomes one without a place.
func FindingsIn(err error) Findings {
	var findings Findings
	switch e := err.(type) { //nolint:errorlint // it looks through what wraps and joins by itself
	case nil:
		return nil
	case Findings:
		return e
	case interface{ Unwrap() []error }:
		for _, one := range e.Unwrap() {
			findings = append(findings, FindingsIn(one)...)
		}
		return findings
	case interface{ Unwrap() error }:
		if errors.As(err, &findings) {
			return findings
		}
	}
	return Findings{{Message: err.Error()}}
}
