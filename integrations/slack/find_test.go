package slack_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/integrations"
)

func TestAChannelIsFoundByItsName(t *testing.T) {
	t.Parallel()
	client, fake := newClient(t)
	fake.Answer(list, http.StatusOK,
		`{"ok":true,"channels":[`+listed("C0000000001", "major", "U1", "", "")+`],"response_metadata":{"next_cursor":"two"}}`,
		channels(listed("C0000000002", "major-incidents", "U1", "", "")))
	id, err := client.ChannelID(t.Context(), "major-incidents")
	require.NoError(t, err)
	require.Equal(t, "C0000000002", id)
	asked := fake.Requests("/api/conversations.list")
	require.Len(t, asked, 2)
	require.Equal(t, "true", asked[0].Form.Get("exclude_archived"))
	require.Equal(t, "two", asked[1].Form.Get("cursor"))
}

func TestAChannelThatDoesNotExistIsForPeopleToMend(t *testing.T) {
	t.Parallel()
	client, fake := newClient(t)
	fake.Answer(list, http.StatusOK, channels(listed("C0000000001", "major", "U1", "", "")))
	_, err := client.ChannelID(t.Context(), "major-incidents")
	require.True(t, integrations.IsFinal(err))
	require.ErrorContains(t, err, "there is no public channel #major-incidents: create it and invite the app")
}

func TestTheIDOfAChannelNeedsNoSearch(t *testing.T) {
	t.Parallel()
	client, fake := newClient(t)
	id, err := client.ChannelID(t.Context(), "C0123456789")
	require.NoError(t, err)
	require.Equal(t, "C0123456789", id)
	require.Empty(t, fake.Requests("/api/conversations.list"))
}
