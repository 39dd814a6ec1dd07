package api

import (
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"muster/api/webhook"
	"muster/store"
)

const webhookPrefix = "/webhooks/"

// Delivery says that a webhook's delivery is on disk.
type Delivery struct {
	Accepted int `json:"accepted" doc:"How many alerts, or other news, the delivery held, those included that were known already."`
}

// receive takes a delivery. Its body goes to the source's parser as it came, since
// signatures are made over bytes; that is why huma describes this operation without
// serving it.
func (s *Server) receive(op huma.Operation) gin.HandlerFunc {
	return func(c *gin.Context) {
		source := c.Param("source")
		ctx := c.Request.Context()
		body, err := textOf(c.Request)
		if err != nil {
			newProblem(http.StatusBadRequest, "the body did not arrive whole").write(c)
			return
		}
		accepted, err := s.receiver.Receive(ctx, source, c.Request.Header, body)
		s.metrics.countDelivery(source, accepted, err)
		if err == nil {
			c.JSON(http.StatusAccepted, Delivery{Accepted: accepted.New + accepted.Repeated})
			return
		}
		s.refuseDelivery(c, op, source, err)
	}
}

// refuseDelivery answers a delivery that was not taken, and logs what nobody will hear of
// otherwise.
func (s *Server) refuseDelivery(c *gin.Context, op huma.Operation, source string, err error) {
	ctx := c.Request.Context()
	p := s.explain(ctx, op, err)
	if p.Status < http.StatusInternalServerError {
		// The sender will not repeat it: this is the last that anybody hears of it.
		s.logger.WarnContext(ctx, "a webhook delivery was refused", "source", source,
			"status", p.Status, "reason", p.Detail, "request_id", requestID(ctx))
	}
	p.write(c)
}

// countDelivery counts by outcome. A source that nobody knows has no label of its own.
func (m *metrics) countDelivery(source string, accepted store.Accepted, err error) {
	if err == nil {
		m.countItems(source, accepted)
		m.deliveries.WithLabelValues(source, deliveryAccepted).Inc()
		return
	}
	outcome := deliveryUnstored
	var (
		unknown      *webhook.UnknownSourceError
		unauthorized *webhook.UnauthorizedError
		malformed    *webhook.MalformedError
	)
	switch {
	case errors.As(err, &unknown):
		source, outcome = "unknown", deliveryMalformed
	case errors.As(err, &unauthorized):
		outcome = deliveryUnauthorized
	case errors.As(err, &malformed):
		outcome = deliveryMalformed
	}
	m.deliveries.WithLabelValues(source, outcome).Inc()
}

// unstoredResponse describes the answer to what could not be put on disk.
func (s *Server) unstoredResponse() *huma.Response {
	unstored := s.problemResponse("The delivery could not be stored; send it again")
	unstored.Headers = map[string]*huma.Param{"Retry-After": {
		Description: "After how many seconds.", Schema: &huma.Schema{Type: huma.TypeInteger},
	}}
	return unstored
}

func (s *Server) registerWebhooks(router gin.IRouter) {
	answer := &huma.Response{
		Description: "The delivery is on disk.",
		Content:     map[string]*huma.MediaType{"application/json": {Schema: schemaOf[Delivery](s)}},
	}
	op := huma.Operation{
		OperationID: "receive-webhook", Method: http.MethodPost, Path: webhookPrefix + "{source}", Tags: []string{tagWebhooks},
		Summary: "Take what another system has to tell",
		Description: "The sources are " + strings.Join(s.receiver.Names(), " and ") + ". A body is what its source sends. " +
			"A delivery may be repeated: what is known already is accepted and changes nothing.",
		Parameters: []*huma.Param{{
			Name: "source", In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString}, Example: "alertmanager",
		}},
		RequestBody: &huma.RequestBody{
			Required: true,
			Content:  map[string]*huma.MediaType{"application/json": {Schema: &huma.Schema{Type: huma.TypeObject}}},
		},
		Responses: map[string]*huma.Response{
			"202":     answer,
			"400":     s.problemResponse("The body is not what the source sends"),
			"401":     s.problemResponse("The token or signature is missing or wrong"),
			"404":     s.problemResponse("There is no such source"),
			"413":     s.problemResponse("The body is too large"),
			"503":     s.unstoredResponse(),
			"default": s.problemResponse("Any other error"),
		},
	}
	s.api.OpenAPI().AddOperation(&op)
	router.POST(webhookPrefix+":source", s.receive(op))
}
