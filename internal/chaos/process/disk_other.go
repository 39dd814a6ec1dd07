//go:build !linux

package process

import "errors"

// DiskCanFill says whether FillDisk works here.
const DiskCanFill = false

func limitFiles(int, bool) error { return errors.ErrUnsupported }
