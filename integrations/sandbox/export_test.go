package sandbox

// RenderMrkdwn lets the tests outside reach the renderer without a page around it.
func RenderMrkdwn(text string) string {
	n := names{users: map[string]string{"U1": "Sample <Responder>"}, channels: map[string]string{"C1": "inc-1"}}
	return string(n.mrkdwn(text))
}
