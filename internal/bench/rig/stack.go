package rig

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"

	"muster/internal/bench/load"
)

// Stack is Muster as in production: a server and a worker, a Temporal, and a database for
// each of them.
type Stack struct {
	Muster
	TemporalDatabaseURL      string
	Temporal, Server, Worker Service
}

// PartTemporal is the part of our own binary that is a Temporal on the database it is given.
const PartTemporal = "temporal"

// Stack starts all of it with empty databases.
func (r *Rig) Stack(ctx context.Context, m Muster) (*Stack, error) {
	postgres, err := r.Postgres(ctx)
	if err != nil {
		return nil, err
	}
	s := &Stack{Muster: m}
	if s.DatabaseURL, err = postgres.Database(ctx); err != nil {
		return nil, err
	}
	if s.TemporalDatabaseURL, err = postgres.Database(ctx); err != nil {
		return nil, err
	}
	if s.Temporal, err = r.Part(ctx, PartTemporal, "-postgres", s.TemporalDatabaseURL); err != nil {
		return nil, err
	}
	s.TemporalAddress = s.Temporal.Address
	if err := r.Migrate(ctx, s.Muster); err != nil {
		return nil, err
	}
	if s.Server, err = r.Server(ctx, s.Muster); err != nil {
		return nil, err
	}
	s.Worker, err = r.Worker(ctx, s.Muster)
	return s, err
}

// PartBare is the part of our own binary that is a bare handler on the database it is given.
const PartBare = "bare"

// PartLoad is the part of our own binary that reads a [load.Plan], carries it out, and
// writes the [load.Result], both as JSON.
const PartLoad = "load"

// Load carries out a plan in a process of its own, until it has ended or ctx does.
func (r *Rig) Load(ctx context.Context, plan load.Plan) (result load.Result, err error) {
	text, err := json.Marshal(plan)
	if err != nil {
		return result, err
	}
	var answer, complaint bytes.Buffer
	cmd := exec.CommandContext(ctx, r.self, PartLoad)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) } // it still says what it has done
	cmd.WaitDelay = stopLimit
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(text), &answer, &complaint
	runErr := cmd.Run()
	if answer.Len() == 0 {
		return result, fmt.Errorf("send load: %w: %s", errors.Join(runErr, os.ErrProcessDone), complaint.Bytes())
	}
	return result, json.Unmarshal(answer.Bytes(), &result)
}
