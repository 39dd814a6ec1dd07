package incident

import (
	"net/url"
	"slices"
	"strings"
)

// Quote says where a note comes from that was said in the chat.
type Quote struct {
	// By is who said it, as people know them.
	By string `json:"by"`
	// Message is where it was said.
	Message MessageRef `json:"message"`
	// Files are what was shared with it, by where the chat keeps them.
	Files []File `json:"files,omitzero"`
}

// MaxRecorded is how many messages an incident remembers to have written down; of more, the
// oldest may be written down once more.
const MaxRecorded = 500

// Bounds on what a chat says of a message.
const (
	maxQuoteFiles  = 20
	maxReference   = 100
	maxQuotedBytes = 2_000
)

// checked brings a quote to what is kept of it. Texts that machines write are cut rather
// than refused.
func (q Quote) checked() (Quote, error) {
	m := q.Message
	switch {
	case m.ChannelID == "" || m.ID == "":
		return Quote{}, invalid("quote", "the quote does not say which message it is from: give its channel_id and its id")
	case len(m.ChannelID) > maxReference || len(m.ID) > maxReference:
		return Quote{}, invalid("quote", "the channel_id and the id of a message have %d characters at most", maxReference)
	}
	if err := boundedText("quote", m.ChannelID+m.ID, 2*maxReference); err != nil {
		return Quote{}, err
	}
	m.URL = webAddress(m.URL)
	checked := Quote{By: CutText(strings.TrimSpace(q.By), MaxNameRunes), Message: m}
	if checked.By == "" {
		checked.By = "somebody"
	}
	for _, f := range q.Files[:min(len(q.Files), maxQuoteFiles)] {
		checked.Files = append(checked.Files, File{
			Name: CutText(f.Name, MaxTitleRunes), MediaType: CutText(f.MediaType, MaxNameRunes), URL: webAddress(f.URL),
		})
	}
	return checked, nil
}

// body is the text of a note with this quote.
func (q Quote) body(text string) string {
	if text = strings.TrimSpace(CutText(text, MaxTextRunes)); text != "" || len(q.Files) == 0 {
		return text
	}
	names := make([]string, len(q.Files))
	for i, f := range q.Files {
		names[i] = f.Name
		if names[i] == "" {
			names[i] = "a file"
		}
	}
	return CutText(strings.Join(names, ", "), MaxTextRunes)
}

// webAddress returns an address that may be shown as a link, or "".
func webAddress(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || len(address) > maxQuotedBytes {
		return ""
	}
	return address
}

// HasRecorded says whether a message is on the timeline, as a decision where that is asked.
func (s State) HasRecorded(message MessageRef, decision bool) bool {
	return slices.Contains(s.Recorded, recordKey(message, true)) || !decision && slices.Contains(s.Recorded, recordKey(message, false))
}

func recordKey(message MessageRef, decision bool) string {
	key := message.ChannelID + "/" + message.ID
	if decision {
		key += "/decision"
	}
	return key
}

func (s *State) record(message MessageRef, decision bool) {
	s.Recorded = with(s.Recorded, recordKey(message, decision))
	if over := len(s.Recorded) - MaxRecorded; over > 0 {
		s.Recorded = slices.Clone(s.Recorded[over:])
	}
}
