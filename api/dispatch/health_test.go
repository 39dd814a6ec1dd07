package dispatch

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTheDispatcherIsHealthyWhileItsPassesSucceedAndFollowEachOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := New(Options{})
		require.EqualError(t, d.Check(t.Context()), "it has not started")

		d.passes.begin()
		<-time.After(maxPassAge)
		require.NoError(t, d.Check(t.Context()), "the first pass has its time as well")
		<-time.After(time.Second)
		require.EqualError(t, d.Check(t.Context()), "no pass through the inbox has ended for 61 seconds")

		require.NoError(t, d.passes.ended(nil))
		require.NoError(t, d.Check(t.Context()))
		down := errors.New("connection refused")
		require.Equal(t, down, d.passes.ended(down))
		require.ErrorIs(t, d.Check(t.Context()), down)
		require.ErrorContains(t, d.Check(t.Context()), "left something behind")

		require.NoError(t, d.passes.ended(nil))
		require.NoError(t, d.Check(t.Context()))
	})
}
