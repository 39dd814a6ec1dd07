package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"muster/internal/chaos/client"
	"muster/internal/chaos/ledger"
	"muster/internal/chaos/plan"
	"muster/internal/chaos/process"
	"muster/internal/chaos/proof"
	"muster/internal/chaos/report"
)

// settings are what a run is asked to do.
type settings struct {
	binary          string
	incidents, open int
	seed            uint64
	// The mean times from one to the next: of cases, of troubles of the process, of faults
	// of the vendors.
	arriveEvery, killEvery, faultEvery time.Duration
	weights                            plan.Weights
	patience                           time.Duration
	historyEvents                      int
	directory, reportTo                string
	command                            string
}

// run is one run: a Muster, its clients, and its troubles.
type run struct {
	settings
	folder   string
	started  time.Time
	keeper   *keeper
	saboteur *saboteur
	client   *client.Client
	ledger   *ledger.Ledger
	cases    []*responder

	mu             sync.Mutex
	phase          string
	begun, endings int
}

// carryOut runs the whole plan, and returns what it found. The error says why the run
// could not be made, which is no violation. The folder with all that is left is the
// caller's to remove.
func carryOut(ctx context.Context, s settings, show func(*run) (stop func())) (report.Report, string, error) {
	r, err := newRun(ctx, s)
	if err != nil {
		return report.Report{}, "", err
	}
	log, err := os.Create(filepath.Join(r.folder, "muster.log"))
	if err != nil {
		return report.Report{}, r.folder, err
	}
	defer log.Close() //nolint:errcheck // it is for people, and nothing depends on it
	r.keeper.muster.Log = log
	// Whatever happens, nothing is left running.
	defer r.keeper.muster.Kill() //nolint:errcheck // there is nobody left to tell
	if err := r.keeper.start(ctx); err != nil {
		return report.Report{}, r.folder, fmt.Errorf("%w; %s says why", err, log.Name())
	}
	defer show(r)()
	evidence, err := r.gather(ctx)
	if err != nil {
		return report.Report{}, r.folder, err
	}
	r.enter("proving")
	return r.report(proof.Examine(evidence), evidence), r.folder, nil
}

func newRun(ctx context.Context, s settings) (*run, error) {
	binary, err := filepath.Abs(s.binary)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(binary); err != nil {
		return nil, fmt.Errorf("there is no muster to test: %w; make build makes it", err)
	}
	folder, err := os.MkdirTemp(s.directory, "muster-chaos-*")
	if err != nil {
		return nil, err
	}
	address, err := process.FreeAddresses(ctx)
	if err != nil {
		return nil, err
	}
	r := &run{settings: s, folder: folder, ledger: ledger.New(), started: time.Now()}
	r.client = client.New("http://"+address.API, r.ledger.Request)
	r.keeper = newKeeper(&process.Muster{Binary: binary, DataDir: filepath.Join(folder, "data"), Address: address, HistoryEvents: s.historyEvents})
	r.saboteur = &saboteur{client: r.client, counts: map[faultKey]int{}}
	for _, c := range plan.New(s.seed, s.incidents, s.arriveEvery).Cases {
		r.cases = append(r.cases, newResponder(c, r.client, r.ledger, s.patience, func(n int) *responder { return r.cases[n-1] }))
	}
	return r, nil
}

// gather works through the plan while the troubles go on, lets all settle, and collects
// the evidence.
func (r *run) gather(ctx context.Context) (*proof.Evidence, error) {
	keeping, stopKeeping := context.WithCancel(ctx)
	defer stopKeeping()
	calm, kept := make(chan struct{}), make(chan error, 1)
	// Should the process not come up again, there is nobody left to wait for.
	working, giveUp := context.WithCancelCause(ctx)
	defer giveUp(nil)
	go func() {
		err := r.keeper.keep(keeping, calm, plan.Troubles(r.seed, r.weights, r.killEvery))
		if err != nil {
			giveUp(err)
		}
		kept <- err
	}()
	r.enter("under fire")
	r.work(working, sync.OnceFunc(func() { close(calm) }))
	evidence := &proof.Evidence{}
	err := r.calmDown(working, evidence)
	stopKeeping()
	if err := errors.Join(err, <-kept); err != nil {
		return nil, errors.Join(context.Cause(working), err)
	}
	r.enter("stopping")
	if err := r.keeper.muster.Stop(); err != nil {
		r.keeper.deaths = append(r.keeper.deaths, err.Error())
	}
	if err := collectStopped(ctx, r.keeper.muster.DataDir, evidence); err != nil {
		return nil, fmt.Errorf("read the database: %w", err)
	}
	evidence.Ledger, evidence.Deaths = r.ledger.Book(), r.keeper.deaths
	return evidence, nil
}

// lastTroubles is how long the troubles go on after the last case has begun. Without such
// an end, those who wait longest would be struck most often.
const lastTroubles = 20 * time.Second

// work carries out all cases, so many at a time, with the vendors misbehaving, and says
// when the troubles are over: soon after the last case has begun.
func (r *run) work(ctx context.Context, calm func()) {
	defer calm()
	faulty, end := context.WithCancel(ctx)
	var all, sabotage sync.WaitGroup
	sabotage.Go(func() { r.saboteur.run(faulty, plan.Faults(r.seed, r.faultEvery)) })
	slots := make(chan struct{}, r.open)
	for _, responder := range r.cases {
		if client.Wait(ctx, responder.c.After) != nil {
			break
		}
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			break
		}
		r.count(func() { r.begun++ })
		all.Go(func() {
			responder.run(ctx)
			r.count(func() { r.endings++ })
			<-slots
		})
	}
	over := time.AfterFunc(lastTroubles, func() {
		r.enter("waiting for the last")
		calm()
		end()
	})
	all.Wait()
	over.Stop()
	end()
	sabotage.Wait()
}

// calmDown ends the faults, waits until all has settled, and collects what is to be seen.
// That it does not settle is written down, and no error: the proof says what is amiss.
func (r *run) calmDown(ctx context.Context, evidence *proof.Evidence) error {
	r.enter("settling")
	settleCtx, cancel := context.WithTimeout(ctx, r.patience)
	defer cancel()
	if err := r.saboteur.end(settleCtx); err != nil {
		return fmt.Errorf("end the vendors' faults: %w", err)
	}
	settling := &settling{
		client: r.client, ledger: r.ledger, temporal: r.keeper.muster.Address.Temporal, retried: map[string]time.Time{},
		tell: func(reason string) { r.enter(strings.TrimSuffix("settling: "+reason, ": ")) },
	}
	if err := settling.wait(settleCtx); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		r.ledger.Break(err.Error())
	}
	r.enter("collecting")
	collectCtx, cancel := context.WithTimeout(ctx, r.patience)
	defer cancel()
	return collectRunning(collectCtx, r.client, r.keeper.muster.Address.Temporal, evidence)
}

func (r *run) enter(phase string) { r.count(func() { r.phase = phase }) }

func (r *run) count(change func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change()
}

// report joins what was done with what was found.
func (r *run) report(results []proof.Result, evidence *proof.Evidence) report.Report {
	k := r.keeper
	k.mu.Lock()
	defer k.mu.Unlock()
	out := report.Report{
		Command: r.command, Seed: r.seed, Duration: time.Since(r.started),
		Incidents: len(evidence.Viewed), Cases: len(r.cases),
		Alerts: len(evidence.Ledger.Alerts), Counts: evidence.Ledger.Counts,
		Kills: k.kills(), Pauses: k.counts[plan.Freeze], FullDisks: k.counts[plan.FillDisk],
		LostStores: k.counts[plan.LoseTemporal], Starts: k.starts, Results: results,
	}
	for _, w := range evidence.Workflows {
		if w.Status == "ContinuedAsNew" {
			out.Continued++
		}
	}
	for _, journal := range evidence.Journals {
		out.Events += len(journal)
	}
	for _, c := range evidence.Ledger.Commands {
		if c.Refused() {
			out.Refused++
		}
	}
	for key, n := range r.saboteur.counts {
		out.Faults = append(out.Faults, report.Fault{Vendor: key.Vendor, Mode: key.Mode, Count: n})
	}
	return out
}
