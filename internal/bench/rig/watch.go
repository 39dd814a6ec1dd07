package rig

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"muster/internal/bench/sample"
)

// Watch looks at what processes use for a while.
type Watch struct {
	pids   []int
	began  time.Time
	before []Usage
	// unknown says that this system does not tell.
	unknown bool
	profile *profile
}

// Watch begins to look at processes, each with all that descend from it, and profiles
// them where the rig is to; the name is that of the profile.
func (r *Rig) Watch(name string, pids ...int) (*Watch, error) {
	w := &Watch{pids: pids, began: time.Now()}
	for _, pid := range pids {
		usage, err := UsageOf(pid)
		if errors.Is(err, ErrNoUsage) {
			w.unknown = true
			break
		}
		if err != nil {
			return nil, err
		}
		w.before = append(w.before, usage)
	}
	if r.Profiles == "" {
		return w, nil
	}
	var err error
	w.profile, err = startProfile(filepath.Join(r.Profiles, fmt.Sprintf("%02d-%s", r.count.Add(1), strings.ReplaceAll(name, " ", "-"))), pids)
	return w, err
}

// Cores ends it and returns how many processors each of the processes has kept busy; 0 where
// that is not known.
func (w *Watch) Cores(ctx context.Context) ([]float64, error) {
	cores := make([]float64, len(w.pids))
	if w.unknown {
		return cores, nil
	}
	for i, pid := range w.pids {
		usage, err := UsageOf(pid)
		if err != nil {
			return nil, err
		}
		cores[i] = sample.Ratio(usage.Less(w.before[i]).CPU.Seconds(), time.Since(w.began).Seconds())
	}
	if w.profile == nil {
		return cores, nil
	}
	return cores, w.profile.end(ctx)
}

// profile is a perf that samples processes. It sees Postgres as well as Go, whose own
// profiler would have to be built into muster.
type profile struct {
	name string
	cmd  *exec.Cmd
}

// samplesPerSecond is odd, so as not to fall in step with what happens at even intervals.
const samplesPerSecond = "199"

func startProfile(name string, pids []int) (*profile, error) {
	var all []string
	for _, pid := range pids {
		tree, err := descendants(pid)
		if err != nil {
			return nil, err
		}
		for _, pid := range tree {
			all = append(all, strconv.Itoa(pid))
		}
	}
	// It is ended by a signal, upon which it writes what it has seen.
	cmd := exec.Command("perf", "record", "-q", "-e", "cpu-clock", "-F", samplesPerSecond, "-g", //nolint:noctx // see above
		"-p", strings.Join(all, ","), "-o", name+".data")
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("profiles are taken by Linux's perf: %w", err)
	}
	return &profile{name, cmd}, nil
}

// end ends the profile and writes beside its data what took the most time, as a text.
func (p *profile) end(ctx context.Context) error {
	if err := p.cmd.Process.Signal(syscall.SIGINT); err != nil {
		return err
	}
	// It ends by the signal, which is no success to it.
	_ = p.cmd.Wait()
	text, err := os.Create(p.name + ".txt")
	if err != nil {
		return err
	}
	report := exec.CommandContext(ctx, "perf", "report", "--stdio", "-i", p.name+".data", "-g", "none", "--fields", "overhead_children,overhead,comm,sym", "--percent-limit", "0.3")
	report.Stdout = text
	return errors.Join(report.Run(), text.Close())
}
