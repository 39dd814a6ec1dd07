package rig

import (
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/procfs"
)

// Usage is what processes have used.
type Usage struct {
	// CPU is how long they have been computing since they began.
	CPU time.Duration
	// Resident is how many bytes of memory they hold now. What several of them share counts
	// for each.
	Resident int64
}

// Less is what was used since an earlier moment.
func (u Usage) Less(before Usage) Usage {
	return Usage{CPU: u.CPU - before.CPU, Resident: u.Resident - before.Resident}
}

// ErrNoUsage says that this system does not tell what processes use: it has no /proc as
// Linux does.
var ErrNoUsage = errors.New("this system has no /proc, so that CPU and memory of processes are not known")

// UsageOf is what a process and all that descend from it use. It reads /proc
// (https://man7.org/linux/man-pages/man5/proc.5.html), and a process that ends meanwhile
// counts through its parent, which inherits its times.
func UsageOf(pid int) (Usage, error) {
	tree, err := treeOf(pid)
	if err != nil {
		return Usage{}, err
	}
	root := tree[0]
	usage := Usage{CPU: ticks(root.CUTime) + ticks(root.CSTime)}
	for _, stat := range tree {
		usage.CPU += ticks(int(stat.UTime)) + ticks(int(stat.STime)) //nolint:gosec // hundredths of seconds
		usage.Resident += int64(stat.ResidentMemory())
	}
	return usage, nil
}

// treeOf is a process and all that descend from it, the process itself first.
func treeOf(pid int) ([]procfs.ProcStat, error) {
	fs, err := procfs.NewDefaultFS()
	if err != nil {
		return nil, ErrNoUsage
	}
	processes, err := fs.AllProcs()
	if err != nil {
		return nil, fmt.Errorf("list processes: %w", err)
	}
	stats := map[int]procfs.ProcStat{}
	children := map[int][]int{}
	for _, p := range processes {
		// One that cannot be read has just ended.
		if stat, err := p.Stat(); err == nil {
			stats[p.PID] = stat
			children[stat.PPID] = append(children[stat.PPID], p.PID)
		}
	}
	if _, ok := stats[pid]; !ok {
		return nil, fmt.Errorf("there is no process %d any more", pid)
	}
	var tree []procfs.ProcStat
	for pids := []int{pid}; len(pids) > 0; pids = pids[1:] {
		tree = append(tree, stats[pids[0]])
		pids = append(pids, children[pids[0]]...)
	}
	return tree, nil
}

// descendants are the ids of a process and all that descend from it.
func descendants(pid int) (pids []int, err error) {
	tree, err := treeOf(pid)
	for _, stat := range tree {
		pids = append(pids, stat.PID)
	}
	return pids, err
}

// ticks turns clock ticks into time. Linux shows a hundred a second on every architecture
// that Go knows (USER_HZ, see times(2)).
func ticks[N ~int](n N) time.Duration { return time.Duration(n) * (time.Second / 100) }
