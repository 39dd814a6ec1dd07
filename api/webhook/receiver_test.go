package webhook_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/api/webhook"
	"muster/config"
	"muster/store"
)

// inbox remembers what it was given, or fails.
type inbox struct {
	items []store.Item
	err   error
}

func (i *inbox) Accept(_ context.Context, items []store.Item) (store.Accepted, error) {
	if i.err != nil {
		return store.Accepted{}, i.err
	}
	i.items = append(i.items, items...)
	return store.Accepted{New: len(items)}, nil
}

func TestAReceiverStoresUnderTheNameOfTheSource(t *testing.T) {
	t.Parallel()
	kept := &inbox{}
	receiver := webhook.NewReceiver(kept, alertmanager)
	accepted, err := receiver.Receive(t.Context(), "alertmanager", nil, []byte(mixed))
	require.NoError(t, err)
	require.Equal(t, store.Accepted{New: 2}, accepted)
	for _, item := range kept.items {
		require.Equal(t, "alertmanager", item.Source)
		require.False(t, item.ReceivedAt.IsZero())
	}
}

func TestAReceiverTellsErrorsApart(t *testing.T) {
	t.Parallel()
	broken := errors.New("disk full")
	guarded := webhook.Alertmanager(config.NewSecret("tok"))

	_, err := webhook.NewReceiver(&inbox{}, alertmanager).Receive(t.Context(), "nagios", nil, nil)
	var unknown *webhook.UnknownSourceError
	require.ErrorAs(t, err, &unknown)
	require.Equal(t, []string{"alertmanager"}, unknown.Known)

	_, err = webhook.NewReceiver(&inbox{}, guarded).Receive(t.Context(), "alertmanager", nil, []byte("{"))
	var unauthorized *webhook.UnauthorizedError
	require.ErrorAs(t, err, &unauthorized, "whoever is not known does not learn what is wrong with a body")

	_, err = webhook.NewReceiver(&inbox{err: broken}, alertmanager).Receive(t.Context(), "alertmanager", nil, []byte(mixed))
	var unstored *webhook.UnstoredError
	require.ErrorAs(t, err, &unstored)
	require.ErrorIs(t, err, broken)
}

func TestADeliveryWithoutNewsIsAcceptedAndNotStored(t *testing.T) {
	t.Parallel()
	silent := webhook.Source{Name: "silent", Parse: func([]byte) ([]store.Item, error) { return nil, nil }}
	receiver := webhook.NewReceiver(&inbox{err: errors.New("must not be asked")}, silent)
	accepted, err := receiver.Receive(t.Context(), "silent", nil, nil)
	require.NoError(t, err)
	require.Zero(t, accepted)
}

func TestABearerTokenIsReadAsHTTPHasIt(t *testing.T) {
	t.Parallel()
	receiver := webhook.NewReceiver(&inbox{}, webhook.Alertmanager(config.NewSecret("tok")))
	for authorization, want := range map[string]bool{
		"Bearer tok": true, "bearer tok": true, "BEARER  tok ": true,
		"": false, "tok": false, "Bearer": false, "Bearer ": false, "Bearer tok2": false, "Bearer to": false, "Basic tok": false,
	} {
		_, err := receiver.Receive(t.Context(), "alertmanager", http.Header{"Authorization": {authorization}}, []byte(mixed))
		require.Equal(t, want, err == nil, authorization)
		if err != nil {
			require.NotContains(t, err.Error(), "tok2")
		}
	}
}
