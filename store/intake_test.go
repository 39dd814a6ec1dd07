package store

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

var errDisk = errors.New("the disk has gone")

// desk is an intake whose commits a test lets happen, one at a time.
type desk struct {
	*intake
	t       *testing.T
	groups  chan []string   // the keys of each group whose commit has begun
	endings chan error      // what each commit shall end with
	ctx     context.Context // of the last commit
}

func openDesk(t *testing.T) *desk {
	d := &desk{t: t, groups: make(chan []string, 100), endings: make(chan error)}
	d.intake = startIntake(1, func(ctx context.Context, group []*delivery) error {
		d.ctx = ctx
		var keys []string
		for _, delivery := range group {
			for _, item := range delivery.items {
				keys = append(keys, item.Key)
				delivery.accepted.New++
			}
		}
		d.groups <- keys
		return <-d.endings
	})
	return d
}

// deliver begins a delivery of items with these keys, once those before are in the queue.
func (d *desk) deliver(ctx context.Context, keys ...string) <-chan error {
	items := make([]Item, len(keys))
	for i, key := range keys {
		items[i].Key = key
	}
	answer := make(chan error, 1)
	go func() {
		accepted, err := d.accept(ctx, items)
		if err == nil && accepted != (Accepted{New: len(items)}) {
			err = fmt.Errorf("accepted %+v instead of %d", accepted, len(items))
		}
		answer <- err
	}()
	synctest.Wait()
	return answer
}

// commit says which group is being committed and lets its commit end.
func (d *desk) commit(ending error, keys ...string) {
	d.t.Helper()
	require.Equal(d.t, keys, <-d.groups)
	d.endings <- ending
	synctest.Wait()
}

// numbered returns n keys that begin with a letter.
func numbered(letter string, n int) []string {
	keys := make([]string, n)
	for i := range keys {
		keys[i] = fmt.Sprint(letter, i)
	}
	return keys
}

func TestIntake(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		run  func(t *testing.T, d *desk)
	}{
		{"what comes during a commit is the next group, in the order in which it came", func(t *testing.T, d *desk) {
			first := d.deliver(t.Context(), "a")
			second, third := d.deliver(t.Context(), "b", "c"), d.deliver(t.Context(), "d")
			d.commit(nil, "a")
			require.NoError(t, <-first)
			require.Empty(t, second)
			d.commit(nil, "b", "c", "d")
			require.NoError(t, <-second)
			require.NoError(t, <-third)
		}},
		{"an error is everybody's in its group and nobody's in the next", func(t *testing.T, d *desk) {
			first := d.deliver(t.Context(), "a")
			second, third := d.deliver(t.Context(), "b"), d.deliver(t.Context(), "c")
			d.commit(nil, "a")
			fourth := d.deliver(t.Context(), "d")
			d.commit(errDisk, "b", "c")
			d.commit(nil, "d")
			require.NoError(t, <-first)
			require.ErrorIs(t, <-second, errDisk)
			require.ErrorIs(t, <-third, errDisk)
			require.NoError(t, <-fourth)
		}},
		{"a group has its bounds, and no delivery is divided", func(t *testing.T, d *desk) {
			d.deliver(t.Context(), "a")
			d.deliver(t.Context(), numbered("b", maxGroupItems-1)...)
			d.deliver(t.Context(), "c")
			d.deliver(t.Context(), "d")
			d.deliver(t.Context(), numbered("e", maxGroupItems+1)...)
			d.commit(nil, "a")
			d.commit(nil, append(numbered("b", maxGroupItems-1), "c")...)
			d.commit(nil, "d")
			d.commit(nil, numbered("e", maxGroupItems+1)...)
		}},
		{"who leaves before the commit leaves nothing behind", func(t *testing.T, d *desk) {
			d.deliver(t.Context(), "a")
			ctx, leave := context.WithCancel(t.Context())
			impatient, patient := d.deliver(ctx, "b"), d.deliver(t.Context(), "c")
			leave()
			require.ErrorIs(t, <-impatient, context.Canceled)
			d.commit(nil, "a")
			d.commit(nil, "c")
			require.NoError(t, <-patient)
		}},
		{"who leaves during the commit disturbs nobody", func(t *testing.T, d *desk) {
			first := d.deliver(t.Context(), "a")
			ctx, leave := context.WithCancel(t.Context())
			impatient, patient := d.deliver(ctx, "b"), d.deliver(t.Context(), "c")
			d.commit(nil, "a")
			leave()
			require.NoError(t, <-first)
			require.ErrorIs(t, <-impatient, context.Canceled)
			require.NoError(t, d.ctx.Err())
			d.commit(nil, "b", "c")
			require.NoError(t, <-patient)
		}},
		{"a commit that nobody waits for any more is told so", func(t *testing.T, d *desk) {
			ctx, leave := context.WithCancel(t.Context())
			only := d.deliver(ctx, "a")
			leave()
			require.ErrorIs(t, <-only, context.Canceled)
			require.Error(t, d.ctx.Err())
			d.commit(d.ctx.Err(), "a")
		}},
		{"closing waits for what came before and refuses what comes after", func(t *testing.T, d *desk) {
			first, second := d.deliver(t.Context(), "a"), d.deliver(t.Context(), "b")
			go d.close()
			synctest.Wait()
			require.ErrorIs(t, <-d.deliver(t.Context(), "c"), errClosed)
			d.commit(nil, "a")
			d.commit(nil, "b")
			require.NoError(t, <-first)
			require.NoError(t, <-second)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := openDesk(t)
				tt.run(t, d)
				d.close()
			})
		})
	}
}
