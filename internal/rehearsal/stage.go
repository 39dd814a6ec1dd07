package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"muster/workflows"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// stage is where the workflows play: it takes what they ask of the world, and does it in
// their own goroutine, so that one thing happens after the other.
type stage struct {
	interceptor.WorkerInterceptorBase
	functions map[string]any
	world     *world
}

func newStage(w *world) *stage {
	a := w.activities()
	s := &stage{world: w, functions: map[string]any{
		workflows.RecordActivity:       a.Record,
		workflows.FinishActivity:       a.Finish,
		workflows.ReturnAlertsActivity: a.ReturnAlerts,
	}}
	for name, action := range a.Actions() {
		s.functions[name] = action
	}
	return s
}

// InterceptWorkflow implements [interceptor.WorkerInterceptor].
func (s *stage) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	return &inbound{WorkflowInboundInterceptorBase: interceptor.WorkflowInboundInterceptorBase{Next: next}, stage: s}
}

type inbound struct {
	interceptor.WorkflowInboundInterceptorBase
	stage *stage
}

// Init implements [interceptor.WorkflowInboundInterceptor].
func (i *inbound) Init(next interceptor.WorkflowOutboundInterceptor) error {
	return i.Next.Init(&outbound{WorkflowOutboundInterceptorBase: interceptor.WorkflowOutboundInterceptorBase{Next: next}, stage: i.stage})
}

type outbound struct {
	interceptor.WorkflowOutboundInterceptorBase
	stage *stage
}

// ExecuteActivity does an activity, and tries it again as its options say.
func (o *outbound) ExecuteActivity(ctx workflow.Context, name string, args ...any) workflow.Future {
	future, settable := workflow.NewFuture(ctx)
	workflow.Go(ctx, func(ctx workflow.Context) {
		result, err := o.stage.perform(ctx, name, args)
		settable.Set(result, err)
	})
	return future
}

// ExecuteChildWorkflow has a follow-up's workflow end with the rehearsal.
func (o *outbound) ExecuteChildWorkflow(ctx workflow.Context, name string, args ...any) workflow.ChildWorkflowFuture {
	options := workflow.GetChildWorkflowOptions(ctx)
	options.ParentClosePolicy = enumspb.PARENT_CLOSE_POLICY_TERMINATE
	return o.Next.ExecuteChildWorkflow(workflow.WithChildOptions(ctx, options), name, args...)
}

// SignalExternalWorkflow tells other incidents nothing: there are none.
func (o *outbound) SignalExternalWorkflow(ctx workflow.Context, id, run, signal string, arg any) workflow.Future {
	if id == string(o.stage.world.script.Declare.Incident) {
		return o.Next.SignalExternalWorkflow(ctx, id, run, signal, arg)
	}
	o.stage.world.note(Entry{Kind: IncidentTold, Text: signal, To: id})
	future, settable := workflow.NewFuture(ctx)
	settable.SetValue(nil)
	return future
}

// perform makes attempts at an activity until one succeeds or no more are allowed.
func (s *stage) perform(ctx workflow.Context, name string, args []any) (any, error) {
	function, known := s.functions[name]
	if !known {
		return nil, temporal.NewNonRetryableApplicationError(fmt.Sprintf("nothing does %s in a rehearsal", name), "", nil)
	}
	options := workflow.GetActivityOptions(ctx)
	for attempt := 1; ; attempt++ {
		result, err := call(function, args)
		if err == nil && s.world.answered() {
			return result, nil
		}
		if s.world.answered() {
			err = asTemporalHasIt(err)
		} else {
			if err := workflow.Sleep(ctx, options.StartToCloseTimeout); err != nil {
				return nil, err
			}
			err = temporal.NewTimeoutError(enumspb.TIMEOUT_TYPE_START_TO_CLOSE, nil)
		}
		pause, again := nextAttempt(options.RetryPolicy, attempt, err)
		if !again {
			return nil, err
		}
		if err := workflow.Sleep(ctx, pause); err != nil {
			return nil, err
		}
	}
}

// nextAttempt returns how long Temporal waits after an attempt that failed; false if it
// tries no more.
func nextAttempt(policy *temporal.RetryPolicy, attempt int, err error) (time.Duration, bool) {
	var said *temporal.ApplicationError
	if errors.As(err, &said) && said.NonRetryable() {
		return 0, false
	}
	p := temporal.RetryPolicy{}
	if policy != nil {
		p = *policy
	}
	if p.MaximumAttempts > 0 && attempt >= int(p.MaximumAttempts) {
		return 0, false
	}
	// Temporal's defaults: https://docs.temporal.io/encyclopedia/retry-policies.
	if p.InitialInterval == 0 {
		p.InitialInterval = time.Second
	}
	if p.BackoffCoefficient == 0 {
		p.BackoffCoefficient = 2
	}
	if p.MaximumInterval == 0 {
		p.MaximumInterval = 100 * p.InitialInterval
	}
	pause := float64(p.InitialInterval)
	for range attempt - 1 {
		pause = min(pause*p.BackoffCoefficient, float64(p.MaximumInterval))
	}
	wait := time.Duration(pause)
	if said != nil && said.NextRetryDelay() > 0 {
		wait = said.NextRetryDelay()
	}
	return min(wait, p.MaximumInterval), true
}

// asTemporalHasIt sends an error through what carries it between worker and workflow.
func asTemporalHasIt(err error) error {
	c := temporal.GetDefaultFailureConverter()
	return c.FailureToError(c.ErrorToFailure(err))
}

// call calls an activity with what is left of its arguments after their way through Temporal.
func call(function any, args []any) (result any, err error) {
	defer func() {
		if p := recover(); p != nil {
			result, err = nil, temporal.NewNonRetryableApplicationError(fmt.Sprintf("panic: %v", p), "PanicError", nil)
		}
	}()
	f := reflect.ValueOf(function)
	in := []reflect.Value{reflect.ValueOf(context.Background())}
	var targets []any
	for i := 1; i < f.Type().NumIn(); i++ {
		target := reflect.New(f.Type().In(i))
		targets, in = append(targets, target.Interface()), append(in, target.Elem())
	}
	carrier := converter.GetDefaultDataConverter()
	payloads, err := carrier.ToPayloads(args...)
	if err != nil {
		return nil, err
	}
	if err := carrier.FromPayloads(payloads, targets...); err != nil {
		return nil, err
	}
	out := f.Call(in)
	if err, failed := out[len(out)-1].Interface().(error); failed {
		return nil, err
	}
	if len(out) == 1 {
		return nil, nil
	}
	return out[0].Interface(), nil
}
