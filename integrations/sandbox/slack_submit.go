package sandbox

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"net/http"
	"slices"
)

// submit sends a modal: {"view_id", "values"}, the values by block id. Fields that Slack itself
// finds wanting are told without asking Muster.
func (s *Sandbox) submit(ctx context.Context, who person, d deed) (happened, error) {
	var act interaction
	err := s.db.transact(ctx, func(tx *sql.Tx) (err error) {
		if act.before, err = s.begin(ctx, tx, who); err != nil {
			return err
		}
		if act.view, err = s.frontView(ctx, tx, who, d.ViewID); err != nil {
			return err
		}
		if act.view.view["submit"] == nil {
			return cannot(http.StatusConflict, "This modal can only be read and closed.")
		}
		values, wanting, err := s.filled(act.view, d.Values)
		if act.before.Errors = wanting; err != nil || len(wanting) > 0 {
			return err
		}
		triggerID, err := s.newTrigger(ctx, tx, who.slackID, act.view.number)
		if err != nil {
			return err
		}
		fields := s.envelope("view_submission", who, triggerID)
		fields["view"], fields["response_urls"] = act.view.document(values), []object{}
		act.what, err = told(kindInteraction, fields)
		return err
	})
	if err != nil || len(act.before.Errors) > 0 {
		return act.before, err
	}
	answer, err := s.send(ctx, act.what)
	if err != nil {
		return act.before, err
	}
	err = s.db.transact(ctx, func(tx *sql.Tx) (err error) {
		act.before.Errors, err = s.answerSubmission(ctx, tx, act.view, answer.body)
		return err
	})
	return act.before, err
}

// answerSubmission does what the app answers a submission with:
// https://docs.slack.dev/surfaces/modals#response_actions.
func (s *Sandbox) answerSubmission(ctx context.Context, tx *sql.Tx, v slackView, body []byte) (map[string]string, error) {
	var answer struct {
		ResponseAction string            `json:"response_action"`
		Errors         map[string]string `json:"errors"`
		View           json.RawMessage   `json:"view"`
	}
	if len(bytes.TrimSpace(body)) > 0 && json.Unmarshal(body, &answer) != nil {
		return nil, cannot(http.StatusBadGateway, "Muster answered the submission with a body that is no JSON: Slack would show that it had trouble connecting.")
	}
	switch answer.ResponseAction {
	case "":
		return nil, closeView(ctx, tx, v, false)
	case "clear":
		return nil, closeView(ctx, tx, v, true)
	case "errors":
		inputs := v.inputs()
		for block := range answer.Errors {
			if !slices.ContainsFunc(inputs, func(i input) bool { return i.blockID == block && i.asked }) {
				return nil, cannot(http.StatusBadGateway, "Muster's answer has an error at %q, where the modal has no input: Slack would show that it had trouble connecting.", block)
			}
		}
		if len(answer.Errors) == 0 {
			return nil, cannot(http.StatusBadGateway, "Muster's answer says that there are errors and has none: Slack would show that it had trouble connecting.")
		}
		return answer.Errors, nil
	case "update", "push":
		next, err := definition(string(answer.View))
		if err != nil {
			return nil, cannot(http.StatusBadGateway, "Muster answered with a view that Slack refuses: %v.", err)
		}
		if answer.ResponseAction == "push" {
			_, err = s.stackView(ctx, tx, v, next)
		} else {
			_, err = s.replaceView(ctx, tx, v, next)
		}
		return nil, err
	default:
		return nil, cannot(http.StatusBadGateway, "Muster answered with the response_action %q, which Slack does not know.", answer.ResponseAction)
	}
}

// closeModal closes the modal in front without sending it: {"view_id"}.
func (s *Sandbox) closeModal(ctx context.Context, who person, d deed) (happened, error) {
	var closed delivery
	err := s.db.transact(ctx, func(tx *sql.Tx) error {
		v, err := s.frontView(ctx, tx, who, d.ViewID)
		if err != nil {
			return err
		}
		if v.flag("notify_on_close") {
			fields := s.envelope("view_closed", who, "")
			delete(fields, "trigger_id")
			fields["view"], fields["is_cleared"] = v.document(nil), v.flag("clear_on_close")
			if closed, err = told(kindInteraction, fields); err != nil {
				return err
			}
		}
		return closeView(ctx, tx, v, v.flag("clear_on_close"))
	})
	if err == nil && closed.payload != nil && s.slack.listened() {
		_, err = s.send(ctx, closed)
	}
	return happened{}, err
}

// viewState is a modal in the state document.
type viewState struct {
	ID              string       `json:"id"`
	User            string       `json:"user"` // who has it open
	CallbackID      string       `json:"callback_id"`
	Title           string       `json:"title"`
	Submit          string       `json:"submit,omitempty"` // "" for one that can only be closed
	PrivateMetadata string       `json:"private_metadata,omitempty"`
	Hash            string       `json:"hash"`
	Fields          []fieldState `json:"fields"`
	Blocks          any          `json:"blocks"`

	closing string
	depth   int // how many lie below it
}

// fieldState is an input of a modal.
type fieldState struct {
	BlockID  string   `json:"block_id"`
	ActionID string   `json:"action_id"`
	Label    string   `json:"label"`
	Type     string   `json:"type"`
	Optional bool     `json:"optional,omitempty"`
	Options  []string `json:"options,omitempty"` // their values
}

func (v slackView) state(depth int) viewState {
	state := viewState{
		ID: v.id(), User: v.user, CallbackID: v.word("callback_id"), Title: v.label("title"), Submit: v.label("submit"),
		PrivateMetadata: v.word("private_metadata"), Hash: v.hash, Fields: []fieldState{}, Blocks: v.view["blocks"],
		closing: cmp.Or(v.label("close"), "Cancel"), depth: depth,
	}
	for _, input := range v.inputs() {
		if !input.asked {
			continue
		}
		field := fieldState{BlockID: input.blockID, ActionID: input.actionID, Label: input.label, Type: input.kind, Optional: input.optional}
		for _, option := range input.options {
			field.Options = append(field.Options, option.value())
		}
		state.Fields = append(state.Fields, field)
	}
	return state
}

// same says that a person sees no other modal than before.
func (v *viewState) same(other *viewState) bool {
	if v == nil || other == nil {
		return v == nil && other == nil
	}
	return v.ID == other.ID && v.Hash == other.Hash
}

// front is the modal that a person has in front of them; nil for none.
func (s *Sandbox) front(ctx context.Context, tx *sql.Tx, who person) (*viewState, error) {
	stack, err := views(ctx, tx, who.slackID)
	if err != nil || len(stack) == 0 {
		return nil, err
	}
	state := stack[len(stack)-1].state(len(stack) - 1)
	return &state, nil
}
