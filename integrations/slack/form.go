package slack

import (
	"context"
	"fmt"
	"time"

	slackapi "github.com/slack-go/slack"

	"muster/chat"
	"muster/integrations"
)

// checked is the value of a field that somebody ticked.
const checked = "true"

// OpenForm shows a form to whoever did the act that the trigger came with. Slack forgets
// the trigger after [chat.TriggerLife], and opens one form with it: a repetition fails and
// changes nothing. A form comes back as a [chat.Submission] whose fields are known by
// their ids: a field's block has the field's id, and its action the id behind "muster:",
// as the form's callback has the form's.
func (c *Client) OpenForm(ctx context.Context, trigger string, form chat.Form) error {
	const operation = "views.open"
	if trigger == "" {
		return c.calls.Refuse(operation, "a form opens in answer to what somebody just did, and nobody did anything")
	}
	people, err := c.accountsOf(ctx, mentioned(form.Intro))
	if err != nil {
		return err
	}
	view, err := formView(people, form)
	if err != nil {
		return c.calls.Refuse(operation, "the form %q cannot be shown: %v", form.ID, err)
	}
	return c.calls.Call(ctx, operation, func(ctx context.Context) error {
		_, err := c.api.OpenViewContext(ctx, trigger, view)
		return err
	})
}

// formView lays out a form.
func formView(people accounts, form chat.Form) (slackapi.ModalViewRequest, error) {
	title := literalLine(form.Title, maxFormTitleLength)
	callback := musterPrefix + form.ID
	switch {
	case title == nil:
		return slackapi.ModalViewRequest{}, fmt.Errorf("it has no title")
	case form.ID == "" || integrations.UTF16Length(callback) > maxIDLength:
		return slackapi.ModalViewRequest{}, fmt.Errorf("its id must have 1 to %d characters", maxIDLength-len(musterPrefix))
	case integrations.UTF16Length(form.Context) > maxFormContextLength:
		return slackapi.ModalViewRequest{}, fmt.Errorf("its context has more than %d characters", maxFormContextLength)
	}
	view := slackapi.ModalViewRequest{
		Type: slackapi.VTModal, Title: title, CallbackID: callback, PrivateMetadata: form.Context,
		Close: literal("Close", maxFormButtonLength),
	}
	l := newLayout(people)
	var inputs []slackapi.Block
	if view.Submit = literalLine(form.Submit, maxFormButtonLength); view.Submit != nil {
		view.Close = literal("Cancel", maxFormButtonLength)
		var err error
		if inputs, err = l.inputs(form.Fields); err != nil {
			return slackapi.ModalViewRequest{}, err
		}
	}
	intro := l.parts(form.Intro, maxFormBlocks-len(inputs))
	view.Blocks = slackapi.Blocks{BlockSet: append(intro, inputs...)}
	return view, nil
}

// inputs lays out the fields of a form. Unlike the parts of a card none of them may be
// missing, since the form would be another one.
func (l *layout) inputs(entries []chat.Entry) ([]slackapi.Block, error) {
	const room = 10 // for what stands above the fields
	if len(entries) > maxFormBlocks-room {
		return nil, fmt.Errorf("it has more than %d fields", maxFormBlocks-room)
	}
	var blocks []slackapi.Block
	seen := map[string]bool{}
	for _, entry := range entries {
		label := literalLine(entry.Label, maxLabelLength)
		switch {
		case entry.ID == "" || integrations.UTF16Length(musterPrefix+entry.ID) > maxIDLength:
			return nil, fmt.Errorf("the id of a field must have 1 to %d characters", maxIDLength-len(musterPrefix))
		case seen[entry.ID]:
			return nil, fmt.Errorf("two of its fields have the id %q", entry.ID)
		case label == nil:
			return nil, fmt.Errorf("the field %q has no label", entry.ID)
		}
		seen[entry.ID] = true
		element, err := l.input(entry, musterPrefix+entry.ID)
		if err != nil {
			return nil, err
		}
		block := slackapi.NewInputBlock(entry.ID, label, literalLine(entry.Hint, maxHintLength), element)
		// A box that has to be ticked would be no question.
		block.Optional = entry.Optional || entry.Kind == chat.CheckEntry
		blocks = append(blocks, block)
	}
	return blocks, nil
}

// input lays out what is filled in.
func (l *layout) input(entry chat.Entry, id string) (slackapi.BlockElement, error) {
	placeholder := literalLine(entry.Placeholder, maxPlaceholderLength)
	switch entry.Kind {
	case chat.LineEntry, chat.TextEntry:
		most := maxInputLength
		if entry.MaxRunes > 0 {
			most = min(most, entry.MaxRunes)
		}
		value := integrations.Printable(entry.Value)
		if entry.Kind == chat.LineEntry {
			value = integrations.Line(value)
		}
		return &slackapi.PlainTextInputBlockElement{
			Type: slackapi.METPlainTextInput, ActionID: id, Placeholder: placeholder, Multiline: entry.Kind == chat.TextEntry,
			InitialValue: integrations.Shorten(value, most, integrations.UTF16Length), MaxLength: most,
		}, nil
	case chat.ChoiceEntry:
		menu := l.menu(chosen(entry.Options, entry.Value))
		if menu == nil {
			return nil, fmt.Errorf("the field %q has nothing to choose from", entry.ID)
		}
		menu.ActionID, menu.Placeholder = id, placeholder
		return menu, nil
	case chat.PersonEntry:
		menu := &slackapi.SelectBlockElement{Type: slackapi.OptTypeUser, ActionID: id, Placeholder: placeholder}
		if accountPattern.MatchString(entry.Value) {
			menu.InitialUser = entry.Value
		}
		return menu, nil
	case chat.DayEntry:
		picker := slackapi.NewDatePickerBlockElement(id)
		picker.Placeholder = placeholder
		if _, err := time.Parse(time.DateOnly, entry.Value); err == nil {
			picker.InitialDate = entry.Value
		}
		return picker, nil
	case chat.CheckEntry:
		option := slackapi.NewOptionBlockObject(checked, literalLine(entry.Label, maxOptionLength), nil)
		box := slackapi.NewCheckboxGroupsBlockElement(id, option)
		if entry.Value != "" {
			box.InitialOptions = []*slackapi.OptionBlockObject{option}
		}
		return box, nil
	default:
		return nil, fmt.Errorf("the field %q is of the kind %q, which Slack has none of", entry.ID, entry.Kind)
	}
}

// chosen returns options of which the one with a value is shown at first.
func chosen(options []chat.Option, value string) []chat.Option {
	marked := make([]chat.Option, len(options))
	for i, option := range options {
		if value != "" {
			option.Chosen = option.Value == value
		}
		marked[i] = option
	}
	return marked
}
