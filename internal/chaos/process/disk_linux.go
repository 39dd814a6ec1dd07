package process

import "golang.org/x/sys/unix"

// DiskCanFill says whether FillDisk works here.
const DiskCanFill = true

// limitFiles sets the soft limit for the size of files (RLIMIT_FSIZE, see prlimit(2)) of a
// process. At zero, every write to a file fails with EFBIG, to old parts of it as well as
// to new ones, which is worse than what a full disk does; sockets and pipes go on. The
// signal that comes with it (SIGXFSZ) is ignored by Go. The hard limit stays, so that the
// soft one can be raised again.
func limitFiles(pid int, full bool) error {
	var limit unix.Rlimit
	if err := unix.Prlimit(pid, unix.RLIMIT_FSIZE, nil, &limit); err != nil {
		return err
	}
	limit.Cur = limit.Max
	if full {
		limit.Cur = 0
	}
	return unix.Prlimit(pid, unix.RLIMIT_FSIZE, &limit, nil)
}
