package playbooks_test

import (
	"testing"

	"muster/playbooks"

	"github.com/stretchr/testify/require"
)

func TestNoTextOfAPlaybookPassesForASecret(t *testing.T) {
	t.Parallel()
	f := follow(t, "name: p\nsteps:\n  - {id: a, title: A, do: http.request, with: {url: 'https://a.example.com', headers: {A: \"\\uE000other\\uE001\", B: '${secret(\"token\")}'}}}\n")
	work := f.settle(began).Work
	require.Len(t, work, 1)
	require.Equal(t, "other", work[0].With["headers.A"], "what is not asked for by secret(…) is not in the list of secrets either")
	require.Equal(t, playbooks.SecretReference("token"), work[0].With["headers.B"])
}
