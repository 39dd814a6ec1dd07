package webhook

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"

	"muster/config"
	"muster/incident"
	"muster/integrations/pagerduty"
	"muster/store"
)

// PagerDuty is the source for PagerDuty's webhooks, version 3
// (https://developer.pagerduty.com/docs/webhooks-overview). A delivery tells of one event,
// which becomes one item of kind [store.KindPage] whose subject is PagerDuty's incident and
// whose body is a [PageReport]. Kinds of events that Muster makes nothing of hold no news.
//
// The secret may be several, separated by white space or commas: each of PagerDuty's
// subscriptions signs with one of its own, and while a secret is being replaced, both
// count. Where required, deliveries are refused as long as there is none: whoever could
// send them could acknowledge incidents.
func PagerDuty(secret config.Secret, required bool) Source {
	return Source{Name: pagerDutyName, Verify: pagerDutySignature(secret, required), Parse: parsePagerDuty}
}

const pagerDutyName = "pagerduty"

// signatureVersion begins each signature in the header X-PagerDuty-Signature:
// https://developer.pagerduty.com/docs/verifying-webhook-signatures.
const signatureVersion = "v1="

// pagerDutySignature returns the check of the HMACs that PagerDuty makes over the body, or
// nil where deliveries are taken from everyone.
func pagerDutySignature(secret config.Secret, required bool) func(http.Header, []byte) error {
	secrets := strings.FieldsFunc(secret.Reveal(), func(r rune) bool { return r == ',' || r == ' ' || r == '\t' || r == '\n' || r == '\r' })
	if len(secrets) == 0 && !required {
		return nil
	}
	return func(header http.Header, body []byte) error {
		if len(secrets) == 0 {
			return &UnauthorizedError{Message: "no delivery of PagerDuty can be believed yet: set MUSTER_PAGERDUTY_WEBHOOK_SECRET to the secret that PagerDuty showed when the webhook was made"}
		}
		signatures := signaturesOf(header)
		if len(signatures) == 0 {
			return &UnauthorizedError{Message: "the delivery is not signed; PagerDuty signs those of webhooks of version 3"}
		}
		for _, secret := range secrets {
			mac := hmac.New(sha256.New, []byte(secret))
			mac.Write(body)
			want := mac.Sum(nil)
			for _, signature := range signatures {
				if hmac.Equal(signature, want) {
					return nil
				}
			}
		}
		return &UnauthorizedError{Message: "no signature was made with a secret that Muster was given, or the body was changed"}
	}
}

// maxSignatures is more than PagerDuty ever sends: one, or two while a secret is replaced.
const maxSignatures = 10

// signaturesOf reads the signatures of a delivery, of which there may be several.
func signaturesOf(header http.Header) [][]byte {
	var all [][]byte
	for part := range strings.SplitSeq(strings.Join(header.Values("X-PagerDuty-Signature"), ","), ",") {
		text, known := strings.CutPrefix(strings.TrimSpace(part), signatureVersion)
		if !known || len(all) == maxSignatures {
			continue
		}
		if signature, err := hex.DecodeString(text); err == nil {
			all = append(all, signature)
		}
	}
	return all
}

// pagerDutyNews are the kinds of events that Muster makes something of:
// https://developer.pagerduty.com/docs/webhooks-overview#event-types.
var pagerDutyNews = map[string]PageNews{
	"incident.triggered":                 PageTriggered,
	"incident.acknowledged":              PageAcknowledged,
	"incident.unacknowledged":            PageUnacknowledged,
	"incident.reassigned":                PageReassigned,
	"incident.delegated":                 PageReassigned,
	"incident.escalated":                 PageReassigned,
	"incident.resolved":                  PageResolved,
	"incident.reopened":                  PageReopened,
	"incident.priority_updated":          PagePriorityChanged,
	"incident.annotated":                 PageNoted,
	"incident.status_update_published":   PageUpdatePublished,
	"incident.conference_bridge.updated": PageBridgeChanged,
	"incident.responder.added":           PageHelpAsked,
	"incident.responder.replied":         PageHelpAnswered,
}

// pagerDutyDelivery is a delivery with an event, whose data is read by its kind.
type pagerDutyDelivery struct {
	Event struct {
		ID         string           `json:"id"`
		Type       string           `json:"event_type"`
		OccurredAt string           `json:"occurred_at"`
		Agent      *pagerDutyObject `json:"agent"`
		Data       json.RawMessage  `json:"data"`
	} `json:"event"`
}

// pagerDutyObject is how PagerDuty mentions something.
type pagerDutyObject struct {
	ID      string `json:"id"`
	Type    string `json:"type"`
	Summary string `json:"summary"`
	URL     string `json:"html_url"`
}

// pagerDutyData is what the kinds of events have between them. Of an incident, ID, URL and
// what follows are its own; of all else, Incident is what it belongs to.
type pagerDutyData struct {
	pagerDutyObject
	Incident *pagerDutyObject `json:"incident"`

	Key       string            `json:"incident_key"`
	Service   *pagerDutyObject  `json:"service"`
	Assignees []pagerDutyObject `json:"assignees"`
	Priority  *pagerDutyObject  `json:"priority"`
	// Resolved is why an incident has ended that nobody has called resolved.
	Resolved *pagerDutyObject `json:"resolve_reason"`

	Content string           `json:"content"`
	Message string           `json:"message"`
	User    *pagerDutyObject `json:"user"`
	State   string           `json:"state"`
	Bridge  string           `json:"conference_url"`
	Numbers []struct {
		Number string `json:"number"`
	} `json:"conference_numbers"`
}

func parsePagerDuty(body []byte) ([]store.Item, error) {
	var delivery pagerDutyDelivery
	if err := decode("", body, &delivery); err != nil {
		return nil, err
	}
	event := delivery.Event
	switch {
	case event.ID == "":
		return nil, malformed("event.id", "is missing; it tells a repetition from something new")
	case event.Type == "":
		return nil, malformed("event.event_type", "is missing")
	}
	news, known := pagerDutyNews[event.Type]
	if !known {
		return nil, nil
	}
	at, problem := parseMoment("event.occurred_at", event.OccurredAt)
	if problem != nil {
		return nil, problem
	}
	var data pagerDutyData
	if len(event.Data) > 0 {
		if err := decode("event.data", event.Data, &data); err != nil {
			return nil, err
		}
	}
	report := PageReport{News: news, At: at}
	if agent := event.Agent; agent != nil {
		report.By = data.person(*agent)
	}
	if news == PageResolved && data.merged() {
		report.By = PagerAccount{} // who merges pages has not said that anything is over
	}
	if data.report(&report); report.ID == "" {
		return nil, malformed("event.data", "does not say which incident the event is of")
	}
	if report.News == PageNoted && pagerduty.IsOwnNote(report.Text) {
		return nil, nil // what Muster has written down there comes back
	}
	document, err := json.Marshal(report)
	if err != nil {
		return nil, malformed("event.data", "cannot be kept: %v", err)
	}
	return []store.Item{{
		Kind: store.KindPage, Subject: identifier(report.ID), Key: identifier(event.ID), Body: document,
	}}, nil
}

const (
	// maxAssignees is more people than any page is assigned to, and bounds what is kept.
	maxAssignees = 50
	// maxDedupKeyRunes is PagerDuty's bound on the keys of pages:
	// https://developer.pagerduty.com/docs/send-alert-event
	maxDedupKeyRunes = 255
)

// report fills in what the data of an event says.
func (d pagerDutyData) report(r *PageReport) {
	switch r.News {
	case PageNoted, PageUpdatePublished:
		r.about(d.Incident)
		r.Note, r.Text = word(d.ID), incident.CutText(strings.TrimSpace(cmp.Or(d.Content, d.Message)), incident.MaxTextRunes)
	case PageBridgeChanged:
		r.about(d.Incident)
		r.Text = d.Bridge
		if len(d.Numbers) > 0 {
			r.Text = strings.TrimSpace(r.Text + " " + d.Numbers[0].Number)
		}
		r.Text = incident.CutText(r.Text, incident.MaxTitleRunes)
	case PageHelpAsked, PageHelpAnswered:
		r.about(d.Incident)
		r.Text, r.Reply = incident.CutText(strings.TrimSpace(d.Message), incident.MaxTextRunes), replyOf(d.State)
		if d.User != nil {
			r.Responder = d.person(*d.User)
		}
	default:
		r.about(&d.pagerDutyObject)
		r.Key = incident.CutText(d.Key, maxDedupKeyRunes)
		r.AssignedTo = []PagerAccount{}
		for _, assignee := range d.Assignees[:min(len(d.Assignees), maxAssignees)] {
			if account := d.person(assignee); !account.IsZero() {
				r.AssignedTo = append(r.AssignedTo, account)
			}
		}
		if d.Service != nil {
			r.Service = word(d.Service.ID)
		}
		if d.Priority != nil {
			r.Priority = word(d.Priority.Summary)
		}
	}
}

// merged says that the incident has ended because it was merged into another: the only reason
// that PagerDuty gives (https://developer.pagerduty.com/api-reference/, "resolve_reason").
func (d pagerDutyData) merged() bool {
	return d.Resolved != nil && d.Resolved.Type == "merge_resolve_reason"
}

// about says which incident the report is of.
func (r *PageReport) about(page *pagerDutyObject) {
	if page == nil {
		return
	}
	if r.ID = word(page.ID); len(page.URL) <= maxURLBytes {
		r.URL = incident.CutText(page.URL, maxURLBytes)
	}
}

// word is an id or a name as it can be kept; PagerDuty's have about 14 characters.
func word(text string) string {
	return incident.CutText(strings.TrimSpace(text), incident.MaxNameRunes)
}

// person is the account behind a mention, or nobody's: integrations, services and
// PagerDuty's own rules act too.
func (pagerDutyData) person(who pagerDutyObject) PagerAccount {
	if who.ID == "" || (who.Type != "user" && who.Type != "user_reference") {
		return PagerAccount{}
	}
	return PagerAccount{ID: word(who.ID), Name: word(cmp.Or(strings.TrimSpace(who.Summary), who.ID))}
}

func replyOf(state string) ResponderReply {
	switch state {
	case "declined", "user_cancelled":
		return ReplyDeclined
	case "joined", "accepted":
		return ReplyAccepted
	default:
		return ReplyPending
	}
}
