package ui

import (
	"regexp"
	"strings"

	"muster/incident"
	"muster/store"
)

// recentSaid is how much of a transcript a page shows unless asked for all of it.
const recentSaid = 30

// TranscriptView is what was said in the incident's channel, the oldest first, as people
// read a chat. It is empty where nothing is kept.
type TranscriptView struct {
	Section
	Messages []MessageView
	// Earlier says that some are left out, and AllPath where to see them.
	Earlier bool
	AllPath string
}

// MessageView is one message as it is now.
type MessageView struct {
	ID       string
	By       string
	Initials string
	Tint     int
	At       Moment
	Text     string
	URL      string
	Files    []LinkView
	// Reply says that it answers another message.
	Reply   bool
	Edited  bool
	Deleted bool
}

func (b builder) transcript(said []store.Said, earlier bool) *TranscriptView {
	v := &TranscriptView{Section: b.sectionOf("transcript"), Earlier: earlier, AllPath: b.path + "?transcript=all#transcript"}
	names := map[string]string{}
	for _, m := range said {
		names[m.Account] = m.By
	}
	for _, m := range said {
		view := MessageView{
			ID: "said-" + m.Ref.ID, By: m.By, Initials: initials(m.By), Tint: tintOf(m.By), At: newMoment(m.At), Text: readable(m.Text, names),
			URL: webURL(m.Ref.URL), Reply: m.Thread != "", Edited: m.Edited, Deleted: m.Deleted,
		}
		for _, f := range m.Files {
			view.Files = append(view.Files, LinkView{Icon: fileIcon(f), Title: f.Name, Hint: f.MediaType, URL: webURL(f.URL), External: true})
		}
		v.Messages = append(v.Messages, view)
	}
	return v
}

func fileIcon(f incident.File) string {
	if strings.HasPrefix(f.MediaType, "image/") {
		return "picture"
	}
	return "page"
}

// mention is how a chat's text names people and channels ([muster/chat.Command]).
var mention = regexp.MustCompile(`<([@#])([A-Za-z0-9_-]+)>`)

// readable writes the mentions in a text as people read them, as far as their names are
// known.
func readable(text string, names map[string]string) string {
	return mention.ReplaceAllStringFunc(text, func(m string) string {
		parts := mention.FindStringSubmatch(m)
		if name := names[parts[2]]; parts[1] == "@" && name != "" {
			return "@" + name
		}
		return parts[1] + parts[2]
	})
}
