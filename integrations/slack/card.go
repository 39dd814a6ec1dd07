package slack

import (
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"

	slackapi "github.com/slack-go/slack"

	"muster/chat"
	"muster/integrations"
)

// layout turns cards and forms into blocks.
type layout struct {
	people accounts
	// left is how much text may still be shown, in UTF-16 units.
	left int
	// ids counts how often each id of a control was wanted.
	ids map[string]int
}

func newLayout(people accounts) *layout {
	return &layout{people: people, left: maxCardLength, ids: map[string]int{}}
}

// card lays out a message. What does not fit from some part on is counted in its last block.
func (l *layout) card(card chat.Card) []slackapi.Block {
	blocks := l.parts(card.Parts, maxMessageBlocks)
	if len(blocks) == 0 {
		// Without blocks Slack would take the summary for markup.
		return []slackapi.Block{slackapi.NewSectionBlock(literal(card.Summary, maxTextLength), nil, nil)}
	}
	return blocks
}

// parts lays out as many parts as fit a number of blocks.
func (l *layout) parts(parts []chat.Part, most int) []slackapi.Block {
	var blocks []slackapi.Block
	for i, part := range parts {
		before := *l
		more := l.part(part)
		last := i == len(parts)-1
		if l.left >= 0 && (len(blocks)+len(more) < most || last && len(blocks)+len(more) == most) {
			blocks = append(blocks, more...)
			continue
		}
		*l = before
		return append(blocks, moreBlock(parts[i:]))
	}
	return blocks
}

// moreBlock counts the parts that are left out.
func moreBlock(parts []chat.Part) slackapi.Block {
	count := 0
	for _, part := range parts {
		if !part.Divider {
			count++
		}
	}
	return slackapi.NewContextBlock("", literal(fmt.Sprintf("and %d more", count), maxTextLength))
}

// part lays out one part.
func (l *layout) part(part chat.Part) []slackapi.Block {
	switch {
	case part.Heading != "":
		heading := literalLine(part.Heading, maxHeaderLength)
		if heading == nil {
			return nil
		}
		l.left -= integrations.UTF16Length(heading.Text)
		return []slackapi.Block{slackapi.NewHeaderBlock(heading)}
	case len(part.Body) > 0:
		return l.body(part)
	case len(part.Fields) > 0:
		return l.fields(part.Fields)
	case len(part.Aside) > 0:
		return l.aside(part.Aside)
	case len(part.Controls) > 0:
		return l.row(part.Controls)
	case part.Divider:
		return []slackapi.Block{slackapi.NewDividerBlock()}
	case part.Image != "":
		return l.image(part)
	default:
		return nil
	}
}

// spans reads a text, within a limit and what is left of the message. Of what is left, a
// remainder too small for a sentence is not used: the part is counted as left out.
func (l *layout) spans(text chat.Text, limit int) []piece {
	const sentence = 80
	pieces := l.people.pieces(text, min(limit, max(l.left, sentence)))
	for _, p := range pieces {
		l.left -= integrations.UTF16Length(p.text)
	}
	return pieces
}

// body lays out a text, with a control at its right where it has one. Slack takes rich text
// for a block by itself only; a text beside a control that cannot be written without it
// stands above its control.
func (l *layout) body(part chat.Part) []slackapi.Block {
	pieces := l.spans(part.Body, maxTextLength)
	var control slackapi.BlockElement
	if part.Beside != nil {
		control = l.control(*part.Beside)
	}
	switch {
	case len(pieces) == 0 && control == nil:
		return nil
	case len(pieces) == 0:
		return []slackapi.Block{slackapi.NewActionBlock("", control)}
	case control == nil:
		return []slackapi.Block{richBlock(pieces)}
	}
	if text, ok := textObject(pieces, maxTextLength); ok {
		return []slackapi.Block{slackapi.NewSectionBlock(text, nil, slackapi.NewAccessory(control))}
	}
	return []slackapi.Block{richBlock(pieces), slackapi.NewActionBlock("", control)}
}

// richBlock is a paragraph.
func richBlock(pieces []piece) slackapi.Block {
	return slackapi.NewRichTextBlock("", slackapi.NewRichTextSection(richText(pieces)...))
}

// aside lays out small print.
func (l *layout) aside(text chat.Text) []slackapi.Block {
	pieces := l.spans(text, maxTextLength)
	if len(pieces) == 0 {
		return nil
	}
	if object, ok := textObject(pieces, maxTextLength); ok {
		return []slackapi.Block{slackapi.NewContextBlock("", object)}
	}
	return []slackapi.Block{richBlock(pieces)}
}

// fields lays out facts in two columns, and where Slack might take one of them for markup,
// line by line.
func (l *layout) fields(fields []chat.Field) []slackapi.Block {
	var objects []*slackapi.TextBlockObject
	var lines []piece
	columns := true
	for _, field := range fields {
		label := piece{kind: boldSpan, text: integrations.Shorten(integrations.Line(undirected(field.Label)), maxButtonLength, integrations.UTF16Length)}
		value := l.spans(field.Text, maxFieldLength/2)
		if label.text == "" || len(value) == 0 {
			continue
		}
		if len(lines) > 0 {
			lines = append(lines, piece{text: "\n"})
		}
		lines = append(lines, label, piece{text: "  "})
		lines = append(lines, value...)
		object, ok := fieldObject(label, value)
		columns = columns && ok
		objects = append(objects, object)
	}
	switch {
	case len(lines) == 0:
		return nil
	case !columns:
		return []slackapi.Block{richBlock(lines)}
	}
	var blocks []slackapi.Block
	for ; len(objects) > 0; objects = objects[min(len(objects), maxFields):] {
		blocks = append(blocks, slackapi.NewSectionBlock(nil, objects[:min(len(objects), maxFields)], nil))
	}
	return blocks
}

// fieldObject shows a fact below its name.
func fieldObject(label piece, value []piece) (*slackapi.TextBlockObject, bool) {
	text, ok := mrkdwn(append([]piece{label, {text: "\n"}}, value...))
	if !ok || integrations.UTF16Length(text) > maxFieldLength {
		return nil, false
	}
	return verbatim(text), true
}

// image lays out a picture. Slack fetches it, so its address must be a public one.
func (l *layout) image(part chat.Part) []slackapi.Block {
	address, ok := integrations.WebAddress(part.Image)
	alt := literalLine(part.ImageAlt, maxImageAltLength)
	if !ok || len(address.String()) > maxURLLength || alt == nil {
		return nil
	}
	l.left -= integrations.UTF16Length(alt.Text)
	return []slackapi.Block{slackapi.NewImageBlock(address.String(), alt.Text, "", nil)}
}

// row lays out controls, in several rows where one does not hold them.
func (l *layout) row(controls []chat.Control) []slackapi.Block {
	var elements []slackapi.BlockElement
	for _, control := range controls {
		if element := l.control(control); element != nil {
			elements = append(elements, element)
		}
	}
	var blocks []slackapi.Block
	for ; len(elements) > 0; elements = elements[min(len(elements), maxControls):] {
		blocks = append(blocks, slackapi.NewActionBlock("", elements[:min(len(elements), maxControls)]...))
	}
	return blocks
}

// control lays out a button or a menu. Its action id is "muster:ACT:NAME", where NAME tells it
// from others of the same act in the message, and stays the same as long as its value does,
// whatever comes and goes around it: a message may be edited while somebody presses. Its value is
// the control's or, for a menu, the option's or the account's id. It is nil for one that could not work: without a
// label, or with a value that Slack would not bring back whole.
func (l *layout) control(control chat.Control) slackapi.BlockElement {
	act := control.Act
	if control.URL != "" {
		act = openPage
	}
	id := l.actionID(act, control.Value)
	label := literalLine(control.Label, maxButtonLength)
	if act == "" || label == nil || integrations.UTF16Length(id) > maxIDLength || integrations.UTF16Length(control.Value) > maxValueLength {
		return nil
	}
	element := l.element(control, id, label)
	if element != nil {
		l.left -= integrations.UTF16Length(label.Text)
	}
	return element
}

// actionID is an id that no other control of the message has yet.
func (l *layout) actionID(act, value string) string {
	name := fnv.New32a()
	_, _ = name.Write([]byte(value)) // never fails
	id := musterPrefix + act + ":" + strconv.FormatUint(uint64(name.Sum32()), 36)
	l.ids[id]++
	if again := l.ids[id]; again > 1 {
		id += "-" + strconv.Itoa(again)
	}
	return id
}

// element is a control that has an id and a label.
func (l *layout) element(control chat.Control, id string, label *slackapi.TextBlockObject) slackapi.BlockElement {
	switch {
	case control.People:
		return &slackapi.SelectBlockElement{Type: slackapi.OptTypeUser, ActionID: id, Placeholder: label}
	case len(control.Options) > 0:
		if menu := l.menu(control.Options); menu != nil {
			menu.ActionID, menu.Placeholder = id, label
			return menu
		}
		return nil
	}
	button := slackapi.NewButtonBlockElement(id, control.Value, label)
	if control.URL != "" {
		address, ok := integrations.WebAddress(control.URL)
		if !ok || len(address.String()) > maxURLLength {
			return nil
		}
		button.URL = address.String()
	}
	if control.Style == chat.Primary || control.Style == chat.Danger {
		button.Style = slackapi.Style(control.Style)
	}
	if question := literalLine(control.Confirm, maxConfirmLength); question != nil {
		button.Confirm = slackapi.NewConfirmationBlockObject(literal("Are you sure?", maxButtonLength), question,
			literalLine(label.Text, maxConfirmButtonLength), literal("Cancel", maxConfirmButtonLength))
		if control.Style == chat.Danger {
			button.Confirm.Style = slackapi.StyleDanger
		}
	}
	return button
}

// menu lays out options. Those beyond Slack's number are counted in the hint of the last
// that is shown. It is nil where no option could work.
func (l *layout) menu(options []chat.Option) *slackapi.SelectBlockElement {
	menu := &slackapi.SelectBlockElement{Type: slackapi.OptTypeStatic}
	left := 0
	for _, option := range options {
		label := literalLine(option.Label, maxOptionLength)
		if label == nil || option.Value == "" || integrations.UTF16Length(option.Value) > maxOptionValueLength {
			continue
		}
		if len(menu.Options) == maxOptions {
			left++
			continue
		}
		shown := slackapi.NewOptionBlockObject(option.Value, label, literalLine(option.Hint, maxOptionHintLength))
		menu.Options = append(menu.Options, shown)
		if option.Chosen && menu.InitialOption == nil {
			menu.InitialOption = shown
		}
	}
	if len(menu.Options) == 0 {
		return nil
	}
	if left > 0 {
		menu.Options[maxOptions-1].Description = literal(fmt.Sprintf("and %d more that do not fit here", left), maxOptionHintLength)
	}
	return menu
}

// mentioned are the people whom a card mentions.
func mentioned(parts []chat.Part) (people []chat.Span) {
	for _, part := range parts {
		texts := []chat.Text{part.Body, part.Aside}
		for _, field := range part.Fields {
			texts = append(texts, field.Text)
		}
		for _, text := range texts {
			for _, span := range text {
				if strings.TrimSpace(span.Person.Email+span.Person.Name) != "" {
					people = append(people, span)
				}
			}
		}
	}
	return people
}
