package slack

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"muster/chat"
	"muster/incident"
	"muster/integrations"
)

// postedMessage is a message as Slack sends it, in an event or beside a shortcut:
// https://docs.slack.dev/reference/events/message.
type postedMessage struct {
	Subtype   string       `json:"subtype"`
	User      string       `json:"user"`
	Username  string       `json:"username"`
	BotID     string       `json:"bot_id"`
	AppID     string       `json:"app_id"`
	Text      string       `json:"text"`
	TS        string       `json:"ts"`
	ThreadTS  string       `json:"thread_ts"`
	Permalink string       `json:"permalink"`
	Files     []postedFile `json:"files"`
	Edited    *struct {
		User string `json:"user"`
	} `json:"edited"`
}

// postedFile is a file as messages have it:
// https://docs.slack.dev/reference/objects/file-object.
type postedFile struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	Title      string `json:"title"`
	Mimetype   string `json:"mimetype"`
	Permalink  string `json:"permalink"`
	URLPrivate string `json:"url_private"`
}

// slackbot speaks for Slack itself, and has no bot's id.
const slackbot = "USLACKBOT"

// author is who said a message. What was written through an app, in whosever name, is a
// bot's.
func (m postedMessage) author() chat.Account {
	account := chat.Account{ID: m.User, Name: integrations.Line(m.Username), Bot: m.BotID != "" || m.User == slackbot}
	account.ID = cmp.Or(account.ID, m.BotID)
	return account
}

// in is the message as Muster knows it, given its channel.
func (m postedMessage) in(channel string) chat.Message {
	said := chat.Message{
		Ref: incident.MessageRef{ChannelID: channel, ID: m.TS, URL: replyTo(m.Permalink)},
		By:  m.author(), At: timeOf(m.TS), Text: plainText(m.Text), Files: filesOf(m.Files),
	}
	if m.ThreadTS != m.TS { // which the first message of a thread has too
		said.Thread = m.ThreadTS
	}
	return said
}

// filesOf are the files that people can open. Of one that a shared channel's other side has
// posted Slack may tell nothing but its id, and of one that was deleted no address.
func filesOf(files []postedFile) []incident.File {
	var known []incident.File
	for _, f := range files {
		// The private address opens for apps only; people are sent to the page around it.
		address := cmp.Or(replyTo(f.Permalink), replyTo(f.URLPrivate))
		if address == "" {
			continue
		}
		known = append(known, incident.File{
			Name: integrations.Line(cmp.Or(f.Name, f.Title, f.ID)), MediaType: integrations.Line(f.Mimetype), URL: address,
		})
	}
	return known
}

// same says whether people would see no difference between two states of a message. Slack
// tells of a change too when it has unfurled a link, or has guessed the language.
func (m postedMessage) same(other postedMessage) bool {
	if m.Text != other.Text || len(m.Files) != len(other.Files) {
		return false
	}
	for i := range m.Files {
		if m.Files[i].ID != other.Files[i].ID || m.Files[i].Permalink != other.Files[i].Permalink {
			return false
		}
	}
	return true
}

// timeOf is the time in one of Slack's timestamps, which also serve as ids: seconds and
// microseconds, "1596183880.004200". It is zero for what is none.
func timeOf(timestamp string) time.Time {
	whole, fraction, _ := strings.Cut(timestamp, ".")
	seconds, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || seconds <= 0 || seconds > latestSecond {
		return time.Time{}
	}
	var micros int64
	if len(fraction) == 6 {
		if micros, err = strconv.ParseInt(fraction, 10, 64); err != nil || micros < 0 {
			micros = 0
		}
	}
	return time.Unix(seconds, micros*int64(time.Microsecond)).UTC()
}

// latestSecond is the last of the year 9999, behind which RFC 3339 has no times.
const latestSecond = 253402300799
