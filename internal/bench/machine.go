package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"muster/internal/bench/sample"
)

// machine says what the figures were measured on.
func machine(ctx context.Context, folder string) [][2]string {
	facts := [][2]string{
		{"Processors", fmt.Sprintf("%d, %s", runtime.NumCPU(), processor())},
		{"Memory", totalMemory()},
		{"Disk", disk(folder)},
		{"Load", load1() + " when it began"},
		{"Go", strings.TrimPrefix(runtime.Version(), "go") + ", " + runtime.GOOS + "/" + runtime.GOARCH},
	}
	for _, program := range []struct{ name, path, flag string }{
		{"Postgres", postgresProgram(), "--version"},
		{"Alertmanager", "prometheus-alertmanager", "--version"},
	} {
		if out, err := exec.CommandContext(ctx, program.path, program.flag).CombinedOutput(); err == nil {
			line, _, _ := strings.Cut(string(out), "\n")
			facts = append(facts, [2]string{program.name, strings.TrimSpace(line)})
		}
	}
	return facts
}

const unknown = "unknown"

// field finds the value after a name in a file of /proc.
func field(file, name string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return unknown
	}
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		if key, value, found := strings.Cut(lines.Text(), ":"); found && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return unknown
}

func processor() string { return field("/proc/cpuinfo", "model name") }

func totalMemory() string {
	kib, err := strconv.ParseFloat(strings.TrimSuffix(field("/proc/meminfo", "MemTotal"), " kB"), 64)
	if err != nil {
		return unknown
	}
	return sample.Bytes(kib * 1024)
}

// load1 is how many processes wanted a processor in the last minute.
func load1() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return unknown
	}
	load, _, _ := strings.Cut(string(text), " ")
	return load
}

// disk measures how often a second 8 KiB, a page of Postgres, can be put on the disk under
// the folder: the bound on commits one after another.
func disk(folder string) string {
	const forSo = time.Second
	file, err := os.Create(filepath.Join(folder, "disk"))
	if err != nil {
		return unknown
	}
	defer os.Remove(file.Name()) //nolint:errcheck // the folder goes as a whole
	defer file.Close()           //nolint:errcheck // nothing of it is needed
	page := make([]byte, 8<<10)
	var took []time.Duration
	for began := time.Now(); time.Since(began) < forSo; {
		before := time.Now()
		if _, err := file.WriteAt(page, 0); err != nil {
			return unknown
		}
		if err := file.Sync(); err != nil {
			return unknown
		}
		took = append(took, time.Since(before))
	}
	d := sample.Summarize(took)
	return fmt.Sprintf("%s syncs of 8 KiB a second, p50 %s, p99 %s",
		sample.Count(float64(d.Count)/forSo.Seconds()), sample.Milliseconds(d.P50), sample.Milliseconds(d.P99))
}

// postgresProgram is the server that is used: the one in the PATH, or the newest of those
// in which Debian keeps them.
func postgresProgram() string {
	if path, err := exec.LookPath("postgres"); err == nil {
		return path
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err != nil || len(found) == 0 {
		return "postgres"
	}
	return found[len(found)-1]
}
