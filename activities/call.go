package activities

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"muster/incident"
	"muster/playbooks"

	"go.temporal.io/sdk/temporal"
)

// implementation is how an action is done. What it gives back is cut to size and freed of
// secrets by whoever calls it.
type implementation struct {
	do func(context.Context, call) (incident.Outcome, error)
	// exercise is what is done instead when the incident is an exercise; nil where the
	// action is done all the same.
	exercise func(context.Context, call) (incident.Outcome, error)
}

// call is an effect that is ready to be done: its parameters are what the action's schema
// says, with defaults and secrets filled in.
type call struct {
	playbooks.Effect
	// key is that of [Activities.key].
	key string
	// secrets are the values of those that stand in the parameters.
	secrets []string
}

// flag reads a parameter whose options are true and false.
func (c call) flag(name string) bool { return c.Work.With[name] == "true" }

// text reads a parameter without the white space around it.
func (c call) text(name string) string { return strings.TrimSpace(c.Work.With[name]) }

// duration reads a [playbooks.DurationParameter]. It is 0 for one that is left out.
func (c call) duration(name string) time.Duration {
	// What is wrong with it was found before the call.
	duration, _ := time.ParseDuration(c.text(name))
	return duration
}

// action is what every action has in common, whatever it does.
func (a *Activities) action(name string, how implementation) Action {
	action, _ := playbooks.FindAction(name)
	return func(ctx context.Context, effect playbooks.Effect) (incident.Outcome, error) {
		with, err := action.Fill(effect.Work.With)
		if err != nil {
			return incident.Outcome{}, final(err.Error())
		}
		c := call{Effect: effect, key: a.key(effect)}
		if c.Work.With, c.secrets, err = a.reveal(action, with); err != nil {
			return incident.Outcome{}, err
		}
		exercise := effect.Incident.Exercise != nil && how.exercise != nil
		do := how.do
		if exercise {
			// Who would say what would be done needs no secrets for that.
			do, c.Work.With = how.exercise, with
		}
		outcome, err := do(ctx, c)
		if err != nil {
			return incident.Outcome{}, withoutSecrets(err, c.secrets)
		}
		if exercise {
			outcome.Output = sampleOutput(action, outcome.Output)
		}
		return clean(outcome, c.secrets), nil
	}
}

// idle is the outcome of what had nothing to do; the text says why.
func idle(text string, output map[string]any) incident.Outcome {
	return incident.Outcome{Text: text, Idle: true, Output: output}
}

// reveal puts secrets in the place of their references, in those parameters that may hold
// them. It returns their values too. One that is not set is a final failure.
func (a *Activities) reveal(action playbooks.Action, with playbooks.Parameters) (revealed playbooks.Parameters, values []string, err error) {
	revealed = make(playbooks.Parameters, len(with))
	var missing []string
	for name, text := range with {
		parameter, _ := action.Parameter(name)
		revealed[name] = playbooks.ReplaceSecretReferences(text, func(secret string) string {
			if !parameter.Secret {
				return ""
			}
			value, ok := "", false
			if a.Secrets != nil {
				value, ok = a.Secrets.Secret(secret)
			}
			if !ok {
				missing = append(missing, "MUSTER_SECRET_"+strings.ToUpper(secret))
				return ""
			}
			if !slices.Contains(values, value) {
				values = append(values, value)
			}
			return value
		})
	}
	if len(missing) > 0 {
		slices.Sort(missing)
		return nil, nil, final(fmt.Sprintf("%s uses a secret that the workers do not have: set %s",
			action.Name, strings.Join(slices.Compact(missing), " and ")))
	}
	// The longest first, or what remains of it around a shorter one would show.
	slices.SortFunc(values, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	return revealed, values, nil
}

// redacted is what stands in the place of a secret.
const redacted = "[redacted]"

func redact(text string, secrets []string) string {
	for _, secret := range secrets {
		text = strings.ReplaceAll(text, secret, redacted)
	}
	return text
}

// withoutSecrets is the last filter before an error becomes part of a history. Vendors' packages
// leave secrets out in the first place.
func withoutSecrets(err error, secrets []string) error {
	text := redact(err.Error(), secrets)
	if text == err.Error() {
		return err
	}
	var failure *temporal.ApplicationError
	if !errors.As(err, &failure) {
		return errors.New(text)
	}
	return temporal.NewApplicationErrorWithOptions(redact(failure.Message(), secrets), failure.Type(), temporal.ApplicationErrorOptions{
		NonRetryable: failure.NonRetryable(), NextRetryDelay: failure.NextRetryDelay(), Category: failure.Category(),
	})
}
