package api_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"muster/api"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares with a file, or writes it under -update.
func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, got, 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err, "run the test with -update to write it")
	difference := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(got), "\n"))
	require.Empty(t, difference, "run the test with -update if this is meant")
}

func document(t *testing.T) []byte {
	t.Helper()
	return newHarness(t, func(o *api.Options) { o.Version = "dev" }).server.OpenAPI()
}

func TestTheDocumentInDocsIsTheOneServed(t *testing.T) {
	t.Parallel()
	var pretty bytes.Buffer
	require.NoError(t, json.Indent(&pretty, document(t), "", "  "))
	pretty.WriteByte('\n')
	golden(t, "../docs/openapi.json", pretty.Bytes())
}

func TestTheDocumentIsValidOpenAPI(t *testing.T) {
	t.Parallel()
	parsed, err := openapi3.NewLoader().LoadFromData(document(t))
	require.NoError(t, err)
	require.NoError(t, parsed.Validate(t.Context(), openapi3.IsOpenAPI31OrLater()))
}

func TestTheOperationsAreThoseOfTheContract(t *testing.T) {
	t.Parallel()
	parsed, err := openapi3.NewLoader().LoadFromData(document(t))
	require.NoError(t, err)
	var lines []string
	for path, item := range parsed.Paths.Map() {
		for method, operation := range item.Operations() {
			lines = append(lines, path+" "+method+" "+operation.OperationID)
			require.NotEmpty(t, operation.Summary, "%s %s has no summary", method, path)
			require.NotEmpty(t, operation.Tags, "%s %s has no tag", method, path)
		}
	}
	slices.Sort(lines)
	golden(t, "testdata/operations.txt", []byte(strings.Join(lines, "\n")+"\n"))
}

func TestTheDocumentIsServed(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	got := h.get("/openapi.json")
	require.Equal(t, 200, got.Code)
	require.JSONEq(t, string(h.server.OpenAPI()), got.Body.String())
	require.Equal(t, "1.2.3", lookup(t, got.json, "info", "version"))
}
