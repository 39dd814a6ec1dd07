// Package load sends alerts over HTTP, as fast as they are taken or at a pace, and measures
// the answers. It is made to cost little beside what it measures: requests are made
// once and only numbered anew, and a sender is a connection that is kept open, with a
// reader that looks at nothing but the status and the length of an answer.
package load

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"muster/internal/bench/sample"
)

// Plan is what to send. It can be written as JSON, for a process of its own.
type Plan struct {
	Kind          Kind
	Address, Path string
	// Alerts is how many alerts a request holds; no two are ever the same.
	Alerts int
	// Senders is how many connections there are; each has one request under way at a time.
	Senders int
	// Groups is among how many groups of alerts the senders are divided; 0 stands for 1.
	Groups int
	// Service is what the alerts are about, and Run makes their groups others than those of
	// an earlier plan. Seed does so for the alerts; it has four digits at most.
	Service, Run string
	Seed         uint64
	StartsAt     time.Time
	// Rate is how many requests to send a second; 0 is as many as are answered.
	Rate float64
	// What is sent during the warm-up is not counted.
	WarmUp, Duration time.Duration
}

// Result is what became of a plan.
type Result struct {
	// Requests counts those that were accepted after the warm-up, Alerts the alerts in them,
	// and Elapsed is how long that took.
	Requests, Alerts int
	Elapsed          time.Duration
	// Answers are the times to an answer.
	Answers sample.Distribution
	// Refused counts answers other than 2xx; Refusal is the first of them.
	Refused int
	Refusal string
	// CPU is the time that this process was computing meanwhile.
	CPU time.Duration
}

// AlertsPerSecond is the rate at which alerts were accepted.
func (r Result) AlertsPerSecond() float64 {
	return sample.Ratio(float64(r.Alerts), r.Elapsed.Seconds())
}

// Run carries the plan out. It ends with the plan's time, or early with ctx, which is no
// error. An error is a connection that broke.
func Run(ctx context.Context, p Plan) (Result, error) {
	senders := make([]*sender, p.Senders)
	for i := range senders {
		connection, err := new(net.Dialer).DialContext(ctx, "tcp", p.Address)
		if err != nil {
			return Result{}, err
		}
		defer connection.Close() //nolint:errcheck // all that matters has been read
		senders[i] = &sender{
			connection: connection, answers: bufio.NewReader(connection), request: newRequest(p, i),
			next: p.Seed*1e12 + uint64(i)*1e9,
		}
	}
	began := time.Now()
	measured := began.Add(p.WarmUp)
	ctx, cancel := context.WithDeadline(ctx, measured.Add(p.Duration))
	defer cancel()
	pace := &pace{began: began, interval: interval(p.Rate)}
	var cpuBefore atomic.Int64
	defer time.AfterFunc(p.WarmUp, func() { cpuBefore.Store(int64(cpuTime())) }).Stop()
	errs := make([]error, len(senders))
	var running sync.WaitGroup
	for i, s := range senders {
		running.Go(func() {
			if errs[i] = s.run(ctx, pace, measured); errs[i] != nil {
				cancel()
			}
		})
	}
	running.Wait()
	result := Result{Elapsed: time.Since(measured), CPU: cpuTime() - time.Duration(cpuBefore.Load())}
	var answers []time.Duration
	for _, s := range senders {
		answers = append(answers, s.took...)
		result.Refused += s.refused
		if result.Refusal == "" {
			result.Refusal = s.refusal
		}
	}
	result.Requests, result.Alerts = len(answers), len(answers)*p.Alerts
	result.Answers = sample.Summarize(answers)
	return result, errors.Join(errs...)
}

// pace says when the next request is due, whoever sends it.
type pace struct {
	began    time.Time
	interval time.Duration
	sent     atomic.Int64
}

func interval(rate float64) time.Duration {
	if rate == 0 {
		return 0
	}
	return time.Duration(float64(time.Second) / rate)
}

// wait waits for a turn, and says whether there is one before ctx ends. Turns that were
// missed are made up for.
func (p *pace) wait(ctx context.Context) bool {
	if p.interval == 0 {
		return ctx.Err() == nil
	}
	due := p.began.Add(time.Duration(p.sent.Add(1)-1) * p.interval)
	timer := time.NewTimer(time.Until(due))
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

type sender struct {
	connection net.Conn
	answers    *bufio.Reader
	request    *request
	next       uint64
	took       []time.Duration
	refused    int
	refusal    string
}

func (s *sender) run(ctx context.Context, pace *pace, measured time.Time) error {
	for {
		if !pace.wait(ctx) {
			return nil
		}
		s.request.number(s.next)
		s.next += uint64(len(s.request.marks))
		sent := time.Now()
		if _, err := s.connection.Write(s.request.bytes); err != nil {
			return err
		}
		status, body, err := readAnswer(s.answers)
		if err != nil {
			return err
		}
		answered := time.Now()
		switch {
		case answered.Before(measured):
		case status/100 == 2:
			s.took = append(s.took, answered.Sub(sent))
		default:
			if s.refused == 0 {
				s.refusal = fmt.Sprintf("%d %.200s", status, body)
			}
			s.refused++
		}
	}
}

var contentLength = []byte("content-length:")

// readAnswer reads an answer of HTTP/1.1 with a Content-Length, as all answers here are.
func readAnswer(in *bufio.Reader) (status int, body []byte, err error) {
	length := -1
	for line := 0; ; line++ {
		text, err := in.ReadSlice('\n')
		if err != nil {
			return 0, nil, err
		}
		text = bytes.TrimRight(text, "\r\n")
		if line == 0 {
			if len(text) < len("HTTP/1.1 200") {
				return 0, nil, fmt.Errorf("%.40q is no answer of HTTP/1.1", text)
			}
			if status, err = strconv.Atoi(string(text[9:12])); err != nil {
				return 0, nil, fmt.Errorf("%.40q is no answer of HTTP/1.1", text)
			}
			continue
		}
		if len(text) == 0 {
			break
		}
		if len(text) > len(contentLength) && bytes.EqualFold(text[:len(contentLength)], contentLength) {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(text[len(contentLength):]))); err != nil {
				return 0, nil, fmt.Errorf("%.60q is no length", text)
			}
		}
	}
	if length < 0 {
		return 0, nil, errors.New("the answer does not say how long it is")
	}
	if status/100 == 2 {
		_, err = in.Discard(length)
		return status, nil, err
	}
	body, err = in.Peek(min(length, 200))
	if err == nil {
		_, err = in.Discard(length)
	}
	return status, body, err
}
