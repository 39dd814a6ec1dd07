package sandbox

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// eventsPath is where the Events API lives below PagerDuty's stand-in.
const eventsPath = "/events/"

// pagerDutyError is a refusal in the form of PagerDuty's REST API:
// https://developer.pagerduty.com/docs/errors.
type pagerDutyError struct {
	status  int
	code    int
	message string
	errors  []string
}

func (e pagerDutyError) Error() string { return e.message }

var errPagerDutyNotFound = pagerDutyError{status: http.StatusNotFound, code: 2100, message: "Not Found"}

func invalidInput(errs ...string) error {
	return pagerDutyError{status: http.StatusBadRequest, code: 2001, message: "Invalid Input Provided", errors: errs}
}

func writePagerDutyError(w http.ResponseWriter, e pagerDutyError) {
	body := object{"message": e.message, "code": e.code}
	if len(e.errors) > 0 {
		body["errors"] = e.errors
	}
	writeJSON(w, e.status, object{"error": body})
}

// pagerDutyCall is one call of the REST API and the transaction it runs in.
type pagerDutyCall struct {
	*http.Request
	query url.Values
	tx    *sql.Tx
}

// pagerDutyMethod returns the answer's status and body, or a pagerDutyError.
type pagerDutyMethod func(context.Context, pagerDutyCall) (int, object, error)

func (s *Sandbox) pagerDutyAPI() http.Handler {
	mux := http.NewServeMux()
	for pattern, method := range map[string]pagerDutyMethod{
		"GET /abilities":                s.listAbilities,
		"GET /services":                 s.listServices,
		"GET /services/{id}":            s.getService,
		"GET /users":                    s.listPagerDutyUsers,
		"GET /users/{id}":               s.getPagerDutyUser,
		"GET /oncalls":                  s.listOnCalls,
		"GET /escalation_policies/{id}": s.getEscalationPolicy,
		"GET /schedules/{id}":           s.getSchedule,
		"GET /incidents":                s.listIncidents,
		"POST /incidents":               s.createIncident,
		"PUT /incidents":                s.manageIncidents,
		"GET /incidents/{id}":           s.getIncident,
		"PUT /incidents/{id}":           s.updateIncident,
		"GET /incidents/{id}/notes":     s.listNotes,
		"POST /incidents/{id}/notes":    s.createNote,
		"GET /priorities":               s.listPriorities,
		"GET /escalation_policies":      s.listEscalationPolicies,
		"GET /webhook_subscriptions":    s.listSubscriptions,

		"POST /incidents/{id}/responder_requests": s.requestResponders,
	} {
		mux.HandleFunc(pattern, s.pagerDuty(method))
	}
	mux.HandleFunc("POST "+eventsPath+"v2/enqueue", s.enqueueEvent)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { writePagerDutyError(w, errPagerDutyNotFound) })
	return mux
}

func (s *Sandbox) pagerDuty(method pagerDutyMethod) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var status int
		var answer object
		err := checkPagerDutyHeaders(r)
		if err == nil {
			err = s.db.transact(r.Context(), func(tx *sql.Tx) error {
				status, answer, err = method(r.Context(), pagerDutyCall{r, r.URL.Query(), tx})
				return err
			})
		}
		var refused pagerDutyError
		switch {
		case err == nil:
			writeJSON(w, status, answer)
		case errors.As(err, &refused):
			writePagerDutyError(w, refused)
		default:
			s.log.ErrorContext(r.Context(), "sandbox: a PagerDuty call failed", "path", r.URL.Path, "error", err)
			writePagerDutyError(w, pagerDutyError{status: http.StatusInternalServerError, code: 2000, message: "Internal Server Error"})
		}
	}
}

// checkPagerDutyHeaders wants a token on every request, and on those that change
// something the address of the person in whose name it happens. Any address will do;
// PagerDuty itself wants one of the account's users.
func checkPagerDutyHeaders(r *http.Request) error {
	authorization := r.Header.Get("Authorization")
	token, ok := strings.CutPrefix(authorization, "Token token=")
	if !ok {
		token, ok = strings.CutPrefix(authorization, "Bearer ")
	}
	if !ok || token == "" {
		return pagerDutyError{status: http.StatusUnauthorized, code: 2006, message: "Authentication failed"}
	}
	if r.Method != http.MethodGet && !strings.Contains(r.Header.Get("From"), "@") {
		return pagerDutyError{status: http.StatusBadRequest, code: 2001, message: "Invalid Input Provided",
			errors: []string{"The From header must be the email address of a user"}}
	}
	return nil
}

// includes says whether the client asked for whole objects instead of references.
func (c pagerDutyCall) includes(what string) bool { return slices.Contains(c.query["include[]"], what) }

// accepts says whether a filter such as statuses[] lets a value pass: an absent filter
// lets every value pass.
func (c pagerDutyCall) accepts(filter, value string) bool {
	return !c.query.Has(filter) || slices.Contains(c.query[filter], value)
}

// list answers one page of a collection with PagerDuty's classic pagination.
func (c pagerDutyCall) list(name string, all []object) (int, object, error) {
	const standard, most = 25, 100
	limit, offset := standard, 0
	for parameter, target := range map[string]*int{"limit": &limit, "offset": &offset} {
		raw := c.query.Get(parameter)
		if raw == "" {
			continue
		}
		n, err := strconv.Atoi(raw)
		if err != nil || n < 0 {
			return 0, nil, invalidInput(fmt.Sprintf("%s must be a number of at least 0", parameter))
		}
		*target = n
	}
	limit = min(limit, most)
	start := min(offset, len(all))
	end := min(start+limit, len(all))
	answer := object{name: append([]object{}, all[start:end]...), "limit": limit, "offset": offset, "more": end < len(all), "total": nil}
	if c.query.Get("total") == "true" {
		answer["total"] = len(all)
	}
	return http.StatusOK, answer, nil
}

// decode reads the object that a body wraps under a name, as in {"incident": {…}}.
func (c pagerDutyCall) decode(name string, v any) error {
	var wrapped map[string]json.RawMessage
	if err := json.NewDecoder(c.Body).Decode(&wrapped); err != nil {
		return invalidInput("The body must be a JSON object")
	}
	raw, ok := wrapped[name]
	if !ok {
		return invalidInput(fmt.Sprintf("The body must have the key %q", name))
	}
	if err := json.Unmarshal(raw, v); err != nil {
		return invalidInput(fmt.Sprintf("%q is not as expected: %s", name, strings.TrimPrefix(err.Error(), "json: ")))
	}
	return nil
}

// reference is how PagerDuty mentions an object inside another.
func (s *Sandbox) reference(kind, collection, id, summary string) object {
	return object{
		"id": id, "type": kind + "_reference", "summary": summary,
		"self": s.address("/pagerduty/" + collection + "/" + id), "html_url": s.address(""),
	}
}

// integrationKey is the routing key of a service's Events API integration: 32 hex
// digits that stay the same as long as the service's ID does.
func integrationKey(serviceID string) string {
	sum := sha256.Sum256([]byte("muster sandbox integration " + serviceID))
	return hex.EncodeToString(sum[:16])
}
