//go:build linux || darwin || freebsd

package doctor

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// freeBytes is how much an unprivileged process may still write to the disk that holds a
// folder.
func freeBytes(dir string) (uint64, error) {
	var disk unix.Statfs_t
	if err := unix.Statfs(dir, &disk); err != nil {
		return 0, fmt.Errorf("%s: %w", dir, err)
	}
	//nolint:unconvert,nolintlint // the fields' types differ between systems
	return uint64(disk.Bavail) * uint64(disk.Bsize), nil
}
