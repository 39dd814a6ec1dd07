// Package vendors stands in for PagerDuty, Slack and Jira where nothing but Muster is to be
// measured: it answers every call that Muster's clients make, at once, keeps nothing, and
// says when a page arrived.
//
// The sandbox of integrations/sandbox is the stand-in for everything else. It keeps what it
// is told on disk, which would be measured with Muster.
package vendors

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

// Pages is told of each page as it arrives: when, and what it says in its summary. It is
// called by many goroutines.
type Pages func(at time.Time, summary string)

// object is a JSON object.
type object = map[string]any

// Handler stands in for the vendors, below /pagerduty/, /events/, /slack/ and /jira/.
func Handler(pages Pages) http.Handler {
	var count atomic.Int64
	mux := http.NewServeMux()
	mux.HandleFunc("POST /events/v2/enqueue", func(w http.ResponseWriter, r *http.Request) {
		at := time.Now()
		var event struct {
			Action  string `json:"event_action"`
			Key     string `json:"dedup_key"`
			Payload struct {
				Summary string `json:"summary"`
			} `json:"payload"`
		}
		if err := json.NewDecoder(r.Body).Decode(&event); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		if event.Action == "trigger" {
			pages(at, event.Payload.Summary)
		}
		answer(w, http.StatusAccepted, object{"status": "success", "message": "Event processed", "dedup_key": event.Key})
	})
	mux.HandleFunc("GET /pagerduty/services/{id}", func(w http.ResponseWriter, r *http.Request) {
		id := r.PathValue("id")
		answer(w, http.StatusOK, object{"service": object{
			"id": id, "name": id, "status": "active", "escalation_policy": object{"id": "PPOLICY", "type": "escalation_policy_reference"},
			"integrations": []object{{"id": "I" + id, "type": "events_api_v2_inbound_integration", "integration_key": "key-of-" + id}},
		}})
	})
	mux.HandleFunc("GET /pagerduty/incidents", func(w http.ResponseWriter, r *http.Request) {
		id := fmt.Sprintf("Q%012d", count.Add(1))
		answer(w, http.StatusOK, object{"more": false, "incidents": []object{{
			"id": id, "html_url": "https://sample.pagerduty.example.com/incidents/" + id, "status": "triggered", "incident_key": r.FormValue("incident_key"),
		}}})
	})
	mux.HandleFunc("GET /pagerduty/oncalls", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, object{"more": false, "oncalls": []object{}})
	})
	mux.HandleFunc("/slack/{method}", func(w http.ResponseWriter, r *http.Request) {
		slack(w, r, count.Add(1))
	})
	mux.HandleFunc("GET /jira/rest/api/{version}/search/jql", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, object{"issues": []object{}, "isLast": true})
	})
	mux.HandleFunc("POST /jira/rest/api/{version}/issue", func(w http.ResponseWriter, _ *http.Request) {
		n := count.Add(1)
		answer(w, http.StatusCreated, object{"id": fmt.Sprint(n), "key": fmt.Sprintf("BENCH-%d", n)})
	})
	mux.HandleFunc("GET /jira/rest/api/{version}/issue/{key}", func(w http.ResponseWriter, r *http.Request) {
		answer(w, http.StatusOK, object{"id": "1", "key": r.PathValue("key"), "fields": object{
			"status": object{"name": "To Do", "statusCategory": object{"key": "new"}},
		}})
	})
	mux.HandleFunc("POST /jira/rest/api/{version}/issue/{key}/remotelink", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusCreated, object{"id": count.Add(1)})
	})
	return mux
}

// slack answers a call of the Web API. The number is another one for each call.
func slack(w http.ResponseWriter, r *http.Request, number int64) {
	said := object{"ok": true}
	channel := r.FormValue("channel")
	switch method := r.PathValue("method"); method {
	case "auth.test":
		said["user_id"], said["url"] = "U0000000000", "https://sample.slack.example.com/"
	case "conversations.create":
		said["channel"] = object{"id": fmt.Sprintf("C%010d", number), "name": r.FormValue("name")}
	case "conversations.info", "conversations.setTopic", "conversations.setPurpose", "conversations.invite":
		said["channel"] = object{"id": channel, "name": strings.ToLower(channel)}
	case "conversations.list":
		said["channels"] = []object{}
	case "conversations.history":
		said["messages"] = []object{}
	case "chat.postMessage":
		said["channel"], said["ts"] = channel, fmt.Sprintf("1700000000.%06d", number%1e6)
	case "chat.getPermalink":
		said["permalink"] = "https://sample.slack.example.com/archives/" + channel
	case "bookmarks.list":
		said["bookmarks"] = []object{}
	case "bookmarks.add":
		said["bookmark"] = object{"id": fmt.Sprint(number)}
	case "pins.add":
	default:
		said = object{"ok": false, "error": "unknown_method"}
	}
	answer(w, http.StatusOK, said)
}

func answer(w http.ResponseWriter, status int, body object) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	text, err := json.Marshal(body)
	if err != nil {
		panic(err) // it is made of texts and numbers
	}
	// Who does not wait for the answer does not need it.
	_, _ = w.Write(text)
}
