package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
)

// makeDataDir creates the folder for the state and proves that it can be written.
func makeDataDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("the data directory cannot be made: %w; choose another with --data-dir", err)
	}
	probe, err := os.CreateTemp(dir, ".writable-*")
	if err != nil {
		return fmt.Errorf("the data directory %s cannot be written: %w; choose another with --data-dir", dir, err)
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// lockDataDir keeps other processes from running on the same folder until unlock is called
// or this process ends, however it ends: the operating system holds the lock (flock), and
// the file that stays behind means nothing. Two dispatchers on one inbox would hand alerts
// on out of order, and two sandboxes would overwrite each other.
func lockDataDir(dir string) (unlock func() error, err error) {
	lock := flock.New(filepath.Join(dir, "muster.lock"))
	locked, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("the data directory %s cannot be locked: %w; choose one on a local disk with --data-dir", dir, err)
	}
	if !locked {
		return nil, fmt.Errorf("the data directory %s is in use by another Muster process: stop that one, or choose another directory with --data-dir", dir)
	}
	return lock.Unlock, nil
}
