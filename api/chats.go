package api

import (
	"cmp"
	"errors"
	"maps"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"muster/api/webhook"
	"muster/chat"
	"muster/store"
)

// formContentType is what browsers and Slack send forms as.
const formContentType = "application/x-www-form-urlencoded"

// hear takes what people did in a chat. Like [Server.receive] it gives the body on as it
// came; unlike there, what is answered is the chat's to say.
func (s *Server) hear(op huma.Operation, name string, deliveries chat.Deliveries) gin.HandlerFunc {
	return func(c *gin.Context) {
		ctx := c.Request.Context()
		body, err := textOf(c.Request)
		if err != nil {
			newProblem(http.StatusBadRequest, "the body did not arrive whole").write(c)
			return
		}
		reply, err := deliveries.Receive(ctx, c.Request.Header, body)
		if err != nil {
			err = refusal(err)
			s.metrics.countDelivery(name, store.Accepted{}, err)
			s.refuseDelivery(c, op, name, err)
			return
		}
		s.metrics.deliveries.WithLabelValues(name, deliveryAccepted).Inc()
		c.Data(http.StatusOK, cmp.Or(reply.MediaType, "text/plain; charset=utf-8"), reply.Body)
	}
}

// refusal is the error of a chat's delivery as that of a webhook's.
func refusal(err error) error {
	var refused *chat.RefusedError
	switch {
	case !errors.As(err, &refused):
		return &webhook.UnstoredError{Err: err}
	case refused.Unproven:
		return &webhook.UnauthorizedError{Message: refused.Message}
	default:
		return &webhook.MalformedError{Message: refused.Message}
	}
}

func (s *Server) registerChats(router gin.IRouter) {
	for _, name := range slices.Sorted(maps.Keys(s.chats)) {
		op := huma.Operation{
			OperationID: "hear-" + name, Method: http.MethodPost, Path: webhookPrefix + name, Tags: []string{tagWebhooks},
			Summary: "Take what people do in a chat",
			Description: "Commands, presses of buttons, forms that were filled in, and events all come here, as the chat sends and signs them. " +
				"What they change is on disk before the answer, and is done after it. A delivery may be repeated: what is known already is accepted and changes nothing.",
			RequestBody: &huma.RequestBody{
				Required: true,
				Content: map[string]*huma.MediaType{
					"application/json": {Schema: &huma.Schema{Type: huma.TypeObject}},
					formContentType:    {Schema: &huma.Schema{Type: huma.TypeObject}},
				},
			},
			Responses: map[string]*huma.Response{
				"200": {
					Description: "It was taken. A body, which most answers lack, is for the chat.",
					Content: map[string]*huma.MediaType{
						"application/json": {Schema: &huma.Schema{Type: huma.TypeObject}},
						"text/plain":       {Schema: &huma.Schema{Type: huma.TypeString}},
					},
				},
				"400":     s.problemResponse("The body is not what the chat sends"),
				"401":     s.problemResponse("The signature is missing or wrong, or the delivery is an old one"),
				"413":     s.problemResponse("The body is too large"),
				"503":     s.unstoredResponse(),
				"default": s.problemResponse("Any other error"),
			},
		}
		s.api.OpenAPI().AddOperation(&op)
		router.POST(op.Path, s.hear(op, name, s.chats[name]))
	}
}
