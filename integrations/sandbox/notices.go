package sandbox

import (
	"database/sql"
	"encoding/json"
	"io"
	"net/http"
)

// WebhookURL is the address of the stand-in for a fallback webhook. It takes a POST with a
// JSON body and an Idempotency-Key, and keeps one delivery of each key.
func (s *Sandbox) WebhookURL() string { return s.address("/webhook") }

// takeNotice serves POST /sandbox/webhook.
func (s *Sandbox) takeNotice(w http.ResponseWriter, r *http.Request) {
	key := r.Header.Get("Idempotency-Key")
	if key == "" {
		writeProblem(w, http.StatusBadRequest, "The header Idempotency-Key is missing: a repetition could not be told from another notice.")
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil || !json.Valid(body) {
		writeProblem(w, http.StatusBadRequest, "The body is no JSON document.")
		return
	}
	err = s.db.transact(r.Context(), func(tx *sql.Tx) error {
		_, err := tx.ExecContext(r.Context(), `INSERT INTO webhook_deliveries (key, body, received_at) VALUES (?, ?, ?) ON CONFLICT (key) DO NOTHING`,
			key, string(body), microseconds(s.now()))
		return err
	})
	if err != nil {
		s.log.ErrorContext(r.Context(), "sandbox: a notice was not kept", "error", err)
		writeProblem(w, http.StatusInternalServerError, "The notice cannot be kept; the log says why.")
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func scanDelivery(row scanner) (d deliveryState, err error) {
	var body string
	var received int64
	err = row.Scan(&d.Key, &body, &received)
	d.Body, d.ReceivedAt = json.RawMessage(body), timeOf(received)
	return d, err
}
