//go:build !slim

package temporalserver

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// ownerPath is the file that names the owner. It lies in the store's directory,
// so that the two are set aside together.
func (d *dataDir) ownerPath() string { return filepath.Join(filepath.Dir(d.storePath()), "owner") }

// owner is whose the store is; empty when it does not say.
func (d *dataDir) owner() (string, error) {
	name, err := os.ReadFile(d.ownerPath())
	if errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	return strings.TrimSpace(string(name)), err
}

// claim writes down whose the store is, unless it says so already. The file is
// whole or not there, also after a power cut.
func (d *dataDir) claim(owner string) (err error) {
	if owner == "" {
		return nil
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("write down whose the Temporal store is: %w", err)
		}
	}()
	if stamp, err := d.owner(); err != nil || stamp == owner {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(d.ownerPath()), "owner-*")
	if err != nil {
		return err
	}
	_, err = file.WriteString(owner + "\n")
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return os.Rename(file.Name(), d.ownerPath())
}
