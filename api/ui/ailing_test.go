package ui_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEveryPageSaysWhenMusterDoesNotDoItsPart(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	var ailing []string
	s.Ailing = func() []string { return ailing }
	read := func(path string) string {
		recorder := httptest.NewRecorder()
		s.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, path, nil))
		require.Equal(t, http.StatusOK, recorder.Code, path)
		return recorder.Body.String()
	}
	for _, path := range []string{"/", "/incidents/new", "/ailing"} {
		require.NotContains(t, read(path), "not doing all of its part", path)
	}
	ailing = []string{"The worker: no worker took a task within 5 seconds."}
	for _, path := range []string{"/", "/incidents/new", "/ailing"} {
		require.Contains(t, read(path), "not doing all of its part", path)
		require.Contains(t, read(path), "no worker took a task within 5 seconds.", path)
	}
}
