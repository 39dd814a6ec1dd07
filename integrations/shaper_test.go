package integrations_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"muster/integrations"
	"muster/integrations/vendortest"
)

// table is a vendor's limits: speaking is limited in a room and in the house, looking by
// itself, and everything else not at all.
var table = integrations.Limits{
	Of: map[string][]integrations.Limit{
		"speak": {
			{Name: "house", Calls: 10, Per: time.Second, Burst: 5, Words: "the house's limit"},
			{Name: "room", Each: true, Calls: 1, Per: time.Second, Burst: 2, Words: "the room's limit of 1 word a second"},
		},
		"look": {{Calls: 20, Per: time.Minute, Burst: 1, Words: "the limit of 20 looks a minute"}},
	},
	Blame: func(refusal http.Header) (string, bool) {
		name := refusal.Get("Reason")
		return name, name != ""
	},
}

// shaped is a vendor that says how it answers, and a caller that keeps to the table.
type shaped struct {
	*integrations.Caller
	client *http.Client
	// answer is how the vendor answers from now on.
	answer http.HandlerFunc
	asked  atomic.Int64
}

func newShaped() *shaped {
	s := &shaped{answer: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }}
	s.Caller = integrations.NewCaller(integrations.Slack, silent).Shaped(table)
	s.client = integrations.NewHTTPClient(&http.Client{
		Transport: vendortest.InProcess(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			s.asked.Add(1)
			s.answer(w, r)
		})),
	})
	return s
}

// do makes one call that concerns a room.
func (s *shaped) do(ctx context.Context, operation, room string) *integrations.Error {
	err := s.On(room).Call(ctx, operation, func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://vendor.example.com", http.NoBody)
		if err != nil {
			return err
		}
		resp, err := s.client.Do(req)
		if err != nil {
			return err
		}
		if resp.StatusCode >= http.StatusBadRequest {
			err = fmt.Errorf("status %d", resp.StatusCode)
		}
		return errors.Join(err, resp.Body.Close())
	})
	var failure *integrations.Error
	errors.As(err, &failure)
	return failure
}

// refuse answers with one request too many.
func refuse(header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(http.StatusTooManyRequests)
	}
}

// inTime runs a test in virtual time.
func inTime(t *testing.T, test func(t *testing.T, s *shaped, elapsed func() time.Duration)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		test(t, newShaped(), func() time.Duration { return time.Since(began) })
	})
}

func TestCallsWaitAShortWhileForTheirTurn(t *testing.T) {
	inTime(t, func(t *testing.T, s *shaped, elapsed func() time.Duration) {
		for _, want := range []time.Duration{0, 0, time.Second, 2 * time.Second, 3 * time.Second} {
			require.Nil(t, s.do(t.Context(), "speak", "A"))
			require.Equal(t, want, elapsed())
		}
		require.Nil(t, s.do(t.Context(), "speak", "B"), "each room is counted for itself")
		require.Nil(t, s.do(t.Context(), "listen", "A"), "what has no limit is not counted")
		require.Equal(t, 3*time.Second, elapsed())
	})
}

func TestCallsBelowASharedLimitWaitForEachOther(t *testing.T) {
	inTime(t, func(t *testing.T, s *shaped, elapsed func() time.Duration) {
		for room := range 7 {
			require.Nil(t, s.do(t.Context(), "speak", fmt.Sprint(room)))
		}
		require.Equal(t, 200*time.Millisecond, elapsed())
	})
}

func TestACallWhoseTurnIsFarAwayIsNotMade(t *testing.T) {
	inTime(t, func(t *testing.T, s *shaped, elapsed func() time.Duration) {
		const calls = 8
		failures := make(chan *integrations.Error, calls)
		for range calls {
			go func() { failures <- s.do(t.Context(), "speak", "A") }()
		}
		var delays []time.Duration
		for range calls {
			failure := <-failures
			if failure == nil {
				continue
			}
			require.False(t, failure.Permanent())
			require.Zero(t, failure.Status)
			require.Equal(t, "slack: speak: waiting for its turn under the room's limit of 1 word a second", failure.Error())
			delays = append(delays, failure.Delay())
		}
		require.Equal(t, 3*time.Second, elapsed(), "nobody waited longer")
		require.EqualValues(t, 5, s.asked.Load())
		require.ElementsMatch(t, []time.Duration{4 * time.Second, 5 * time.Second, 6 * time.Second}, delays, "everybody has a turn of their own")
	})
}

func TestACallThatIsNotMadeCostsNoTurn(t *testing.T) {
	inTime(t, func(t *testing.T, s *shaped, elapsed func() time.Duration) {
		require.Nil(t, s.do(t.Context(), "look", ""))
		hasty, cancel := context.WithTimeout(t.Context(), 4*time.Second)
		defer cancel()
		for range 100 {
			require.NotNil(t, s.do(hasty, "look", ""), "half of its time is too short for the wait")
		}
		require.Zero(t, elapsed())
		require.Nil(t, s.do(t.Context(), "look", ""))
		require.Equal(t, 3*time.Second, elapsed())
	})
}

func TestACallThatIsGivenUpWhileItWaitsCostsNoTurn(t *testing.T) {
	inTime(t, func(t *testing.T, s *shaped, elapsed func() time.Duration) {
		require.Nil(t, s.do(t.Context(), "look", ""))
		ctx, cancel := context.WithCancel(t.Context())
		given := make(chan *integrations.Error)
		go func() { given <- s.do(ctx, "look", "") }()
		synctest.Wait()
		cancel()
		failure := <-given
		require.ErrorIs(t, failure, context.Canceled)
		require.False(t, failure.Permanent())
		require.Contains(t, failure.Message, "it was not made")
		require.EqualValues(t, 1, s.asked.Load())
		require.Nil(t, s.do(t.Context(), "look", ""))
		require.Equal(t, 3*time.Second, elapsed())
	})
}

func TestARefusalHoldsBackTheOthersUnderTheSameLimit(t *testing.T) {
	inTime(t, func(t *testing.T, s *shaped, elapsed func() time.Duration) {
		s.answer = refuse("Retry-After", "60", "Reason", "house")
		failure := s.do(t.Context(), "speak", "A")
		require.Equal(t, time.Minute, failure.Delay())

		<-time.After(10 * time.Second)
		failure = s.do(t.Context(), "speak", "B")
		require.Equal(t, 50*time.Second, failure.Delay())
		require.Equal(t, "slack: speak: waiting for its turn: the vendor asked for a pause after too many requests, under the house's limit",
			failure.Error())
		require.EqualValues(t, 1, s.asked.Load(), "the vendor was not asked again")

		s.answer = refuse()
		require.Equal(t, http.StatusTooManyRequests, s.do(t.Context(), "look", "").Status, "another limit is not concerned")
		require.InDelta(t, 30, s.do(t.Context(), "look", "").Delay().Seconds(), 0, "a refusal without a time pauses for half a minute")

		<-time.After(failure.Delay())
		s.answer = func(http.ResponseWriter, *http.Request) {}
		require.Nil(t, s.do(t.Context(), "speak", "A"))
		require.Equal(t, time.Minute, elapsed())
		require.Nil(t, s.do(t.Context(), "speak", "B"))
		require.Greater(t, elapsed(), time.Minute, "after a pause calls flow evenly instead of in a burst")
	})
}

func TestARefusalOfOneSubjectLeavesTheOthersAlone(t *testing.T) {
	inTime(t, func(t *testing.T, s *shaped, _ func() time.Duration) {
		s.answer = refuse("Retry-After", "60", "Reason", "room")
		require.NotNil(t, s.do(t.Context(), "speak", "A"))
		s.answer = func(http.ResponseWriter, *http.Request) {}
		require.Nil(t, s.do(t.Context(), "speak", "B"))
		require.Equal(t, time.Minute, s.do(t.Context(), "speak", "A").Delay())
	})
}

func TestARefusalThatBlamesNothingHoldsBackEverythingItMayMean(t *testing.T) {
	for _, reason := range []string{"", "a limit that we do not know"} {
		t.Run(reason, func(t *testing.T) {
			inTime(t, func(t *testing.T, s *shaped, _ func() time.Duration) {
				s.answer = refuse("Retry-After", "60", "Reason", reason)
				require.NotNil(t, s.do(t.Context(), "speak", "A"))
				require.Equal(t, time.Minute, s.do(t.Context(), "speak", "B").Delay())
			})
		})
	}
}

func TestThoseWhoWaitHearOfARefusal(t *testing.T) {
	inTime(t, func(t *testing.T, s *shaped, elapsed func() time.Duration) {
		slow := make(chan struct{})
		s.answer = func(w http.ResponseWriter, r *http.Request) {
			<-slow
			refuse("Retry-After", "60")(w, r)
		}
		first, second := make(chan *integrations.Error), make(chan *integrations.Error)
		go func() { first <- s.do(t.Context(), "look", "") }()
		synctest.Wait()
		go func() { second <- s.do(t.Context(), "look", "") }()
		synctest.Wait()
		close(slow)
		require.Equal(t, time.Minute, (<-first).Delay())
		require.Equal(t, 57*time.Second, (<-second).Delay())
		require.EqualValues(t, 1, s.asked.Load(), "who waited for a turn did not use it")
		require.Equal(t, 3*time.Second, elapsed())
	})
}

func TestNobodyIsSentAwayForLongerThanAQuarterOfAnHour(t *testing.T) {
	inTime(t, func(t *testing.T, s *shaped, _ func() time.Duration) {
		for range 1000 {
			if failure := s.do(t.Context(), "look", ""); failure != nil {
				require.LessOrEqual(t, failure.Delay(), integrations.MaxDelay)
			}
		}
	})
}

func TestIdleSubjectsAreForgotten(t *testing.T) {
	inTime(t, func(t *testing.T, s *shaped, _ func() time.Duration) {
		most := 0
		for room := range 10_000 {
			require.Nil(t, s.do(t.Context(), "speak", fmt.Sprint(room)))
			most = max(most, integrations.Remembered(s.Caller))
		}
		require.LessOrEqual(t, most, 65, "only a few of 10,000 rooms are busy at any time")
	})
}
