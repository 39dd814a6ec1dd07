package load

import (
	"time"

	"golang.org/x/sys/unix"
)

// cpuTime is how long this process has been computing; 0 where that is not known.
func cpuTime() time.Duration {
	var usage unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &usage) != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
