//go:build !linux && !darwin && !freebsd

package doctor

import "errors"

// freeBytes has no answer on this system.
func freeBytes(string) (uint64, error) { return 0, errors.New("not known on this system") }
