package slack_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/integrations/slack"
)

func TestAPrivateChannelIsCreatedAndFoundAmongThePrivateOnes(t *testing.T) {
	t.Parallel()
	client, fake := newClient(t)
	fake.Answer(create, http.StatusOK, created, refusal("name_taken"))
	fake.Answer(list, http.StatusOK, channels(listed(channelID, "inc-42-payments", "U0MUSTER", "Checkout [muster:INC-42/channel]", "")))
	fake.Answer(purpose, http.StatusOK, accepted)
	fake.Answer(topic, http.StatusOK, accepted)
	wanted := request()
	wanted.Private = true
	for range 2 {
		channel, err := client.OpenChannel(t.Context(), wanted)
		require.NoError(t, err)
		require.Equal(t, channelID, channel.ID)
	}
	require.Equal(t, "true", fake.Requests("/api/conversations.create")[0].Form.Get("is_private"))
	require.Equal(t, "private_channel", fake.Requests("/api/conversations.list")[0].Form.Get("types"))
}

func TestScopesForPrivateChannelsAreNoneTooMany(t *testing.T) {
	t.Parallel()
	access := slack.Access{Granted: append(slack.Scopes(), slack.PrivateScopes()...)}
	require.Empty(t, access.Unused())
	require.Empty(t, slack.Access{Granted: slack.Scopes()}.Missing())
}
