package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
)

// object is a JSON object on its way out. The vendors' documents are wide and mostly
// constant, so they are written as literals where they are used.
type object = map[string]any

// maxBodyBytes bounds what a client may send. It is above every limit of the three
// vendors (PagerDuty's 512 KB event is the largest).
const maxBodyBytes = 1 << 20

// writeJSON answers with a JSON body. A client that hung up is not an error of ours.
func writeJSON(w http.ResponseWriter, status int, body any) {
	data, err := json.Marshal(body)
	if err != nil {
		panic(fmt.Sprintf("sandbox: an answer cannot be encoded: %v", err))
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(append(data, '\n')) // a client that left is no error of ours
}

// problem is an RFC 9457 problem document: what the sandbox's own endpoints, which
// belong to no vendor, answer where something is wrong.
type problem struct {
	Type   string         `json:"type"`
	Title  string         `json:"title"`
	Status int            `json:"status"`
	Detail string         `json:"detail"`
	Errors []problemError `json:"errors,omitempty"`
}

// problemError points at one thing to mend.
type problemError struct {
	Location string `json:"location"`
	Message  string `json:"message"`
}

func writeProblem(w http.ResponseWriter, status int, detail string, errs ...problemError) {
	data, err := json.Marshal(problem{
		Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: detail, Errors: errs,
	})
	if err != nil {
		panic(fmt.Sprintf("sandbox: a problem document cannot be encoded: %v", err))
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_, _ = w.Write(append(data, '\n')) // a client that left is no error of ours
}

// sameOrigin guards the endpoints that change something on a person's word: a page of
// another site must not press the sandbox's buttons. Programs, which send no browser
// headers, pass.
func sameOrigin(next http.HandlerFunc) http.Handler {
	protection := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := protection.Check(r); err != nil {
			writeProblem(w, http.StatusForbidden, "This request came from a page of another site; use the sandbox's own page.")
			return
		}
		next(w, r)
	})
}

// readControl reads the body of one of the page's controls into v: a browser's form, whose
// values go to fill, or one JSON object. curl calls JSON a form where nobody tells it
// otherwise, so the first character decides. It answers bad bodies itself, with ok false.
func readControl(w http.ResponseWriter, r *http.Request, v any, fill func(url.Values)) (form, ok bool) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBodyBytes))
	if err != nil {
		writeProblem(w, http.StatusBadRequest, "The body could not be read to its end.")
		return false, false
	}
	body = bytes.TrimSpace(body)
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")) // none means JSON
	if media == "application/x-www-form-urlencoded" && !bytes.HasPrefix(body, []byte("{")) {
		values, err := url.ParseQuery(string(body))
		if err != nil {
			writeProblem(w, http.StatusBadRequest, "The form cannot be read: send its values percent-encoded, or send a JSON object.")
			return true, false
		}
		fill(values)
		return true, true
	}
	if complaint := decodeStrictly(body, v); complaint != "" {
		writeProblem(w, http.StatusBadRequest, complaint)
		return false, false
	}
	return false, true
}

// decodeStrictly reads one JSON document into v and refuses unknown fields and anything
// that follows it. It returns a sentence for the person who sent it, or "".
func decodeStrictly(body []byte, v any) string {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	switch err := decoder.Decode(v); {
	case errors.Is(err, io.EOF):
		return "The body is empty: send a JSON object."
	case err != nil:
		return fmt.Sprintf("The body is not the JSON object that is expected here: %s.", strings.TrimPrefix(err.Error(), "json: "))
	case decoder.More():
		return "The body holds more than one JSON document: send one object."
	}
	return ""
}
