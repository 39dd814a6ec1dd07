package temporalsetup_test

import (
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/grpc/codes"

	"muster/internal/temporalsetup"
)

const (
	week    = 7 * 24 * time.Hour
	keyword = enumspb.INDEXED_VALUE_TYPE_KEYWORD
)

func attributes() []temporal.SearchAttributeKey {
	return []temporal.SearchAttributeKey{
		temporal.NewSearchAttributeKeyKeyword("MusterSeverity"), temporal.NewSearchAttributeKeyKeyword("MusterStatus"),
	}
}

func known(names ...string) map[string]enumspb.IndexedValueType {
	types := make(map[string]enumspb.IndexedValueType)
	for _, name := range names {
		types[name] = keyword
	}
	return types
}

// What Apply cannot mend it leaves with the commands for somebody who can, and nothing is done.
func TestWhatSetupMayNotMendItSaysHowToMend(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		stub      stub
		namespace string
		left      temporalsetup.Findings
		err       string
	}{
		"nothing to mend": {
			stub: stub{retention: week, known: known("MusterSeverity", "MusterStatus")}, namespace: "default",
		},
		"a namespace is missing on a cluster": {
			stub:      stub{absent: true, refused: map[string]codes.Code{"RegisterNamespace": codes.PermissionDenied}},
			namespace: "muster",
			left: temporalsetup.Findings{{
				Problem: "there is no namespace muster (TEMPORAL_NAMESPACE)",
				Mend: []string{
					"temporal operator namespace create --namespace muster --retention 720h",
					"temporal operator search-attribute create --namespace muster --name MusterSeverity --type Keyword --name MusterStatus --type Keyword",
				},
				Blocking: true,
			}},
			err: "Temporal's namespace muster is not ready for Muster: there is no namespace muster (TEMPORAL_NAMESPACE); run muster setup",
		},
		"a namespace is missing on Temporal Cloud": {
			stub:      stub{absent: true, refused: map[string]codes.Code{"RegisterNamespace": codes.Unimplemented}},
			namespace: "muster.a1b2c",
			left: temporalsetup.Findings{{
				Problem: "there is no namespace muster.a1b2c (TEMPORAL_NAMESPACE)",
				Mend: []string{
					"tcld namespace create --namespace muster --region REGION --retention-days 30 --ca-certificate-file FILE (or, for one with API keys, in the web UI of Temporal Cloud)",
					`tcld namespace search-attributes add --namespace muster.a1b2c --search-attribute "MusterSeverity=Keyword" --search-attribute "MusterStatus=Keyword"`,
				},
				Blocking: true,
			}},
			err: "there is no namespace muster.a1b2c",
		},
		"search attributes may not be added": {
			stub: stub{
				retention: week, known: known("MusterStatus"),
				refused: map[string]codes.Code{"AddSearchAttributes": codes.Unimplemented},
			},
			namespace: "default",
			left: temporalsetup.Findings{{
				Problem:  "the search attribute MusterSeverity is missing",
				Mend:     []string{"temporal operator search-attribute create --namespace default --name MusterSeverity --type Keyword"},
				Blocking: true,
			}},
			err: "the search attribute MusterSeverity is missing; run muster setup",
		},
		"they may not even be listed": {
			stub: stub{
				retention: week, known: known("MusterStatus"),
				refused: map[string]codes.Code{"ListSearchAttributes": codes.Unimplemented, "AddSearchAttributes": codes.PermissionDenied},
			},
			namespace: "muster.a1b2c",
			left: temporalsetup.Findings{{
				Problem:  "the search attribute MusterSeverity is missing",
				Mend:     []string{`tcld namespace search-attributes add --namespace muster.a1b2c --search-attribute "MusterSeverity=Keyword"`},
				Blocking: true,
			}},
			err: "the search attribute MusterSeverity is missing",
		},
		"they may be neither listed nor searched by": {
			stub: stub{
				retention: week,
				refused:   map[string]codes.Code{"ListSearchAttributes": codes.Unimplemented, "CountWorkflowExecutions": codes.PermissionDenied},
			},
			namespace: "default",
			left: temporalsetup.Findings{{
				Problem: "nobody lets these credentials see whether the namespace knows Muster's search attributes",
				Mend:    []string{"temporal operator search-attribute create --namespace default --name MusterSeverity --type Keyword --name MusterStatus --type Keyword"},
			}},
		},
		"one of them is of another type": {
			stub: stub{
				retention: week,
				known:     map[string]enumspb.IndexedValueType{"MusterSeverity": enumspb.INDEXED_VALUE_TYPE_TEXT, "MusterStatus": keyword},
			},
			namespace: "default",
			left: temporalsetup.Findings{{
				Problem: "the search attribute MusterSeverity is of the type Text instead of Keyword, and a type cannot be changed",
				Mend: []string{
					"temporal operator search-attribute remove --namespace default --name MusterSeverity",
					"temporal operator search-attribute create --namespace default --name MusterSeverity --type Keyword",
				},
				Blocking: true,
			}},
			err: "a type cannot be changed",
		},
		"finished workflows are gone after a day": {
			stub: stub{
				retention: 24 * time.Hour, known: known("MusterSeverity", "MusterStatus"),
				refused: map[string]codes.Code{"UpdateNamespace": codes.PermissionDenied},
			},
			namespace: "muster.a1b2c",
			left: temporalsetup.Findings{{
				Problem: "finished workflows are kept for a day only: they are gone before anybody looks back on an incident",
				Mend:    []string{"tcld namespace retention set --namespace muster.a1b2c --retention-days 30"},
			}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := test.stub.dial(t)
			found, err := temporalsetup.Check(t.Context(), c, test.namespace, attributes())
			require.NoError(t, err)
			require.Equal(t, test.left, found)

			done, left, err := temporalsetup.Apply(t.Context(), c, test.namespace, attributes())
			require.NoError(t, err)
			require.Empty(t, done)
			require.Equal(t, test.left, left)
			if test.err == "" {
				require.NoError(t, left.Err(test.namespace))
				return
			}
			require.ErrorContains(t, left.Err(test.namespace), test.err)
		})
	}
}

func TestATemporalThatCannotBeAskedIsOneClearLine(t *testing.T) {
	t.Parallel()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, closed.Close())
	for name, test := range map[string]struct {
		options func(t *testing.T) client.Options
		want    string
	}{
		"away": {
			func(*testing.T) client.Options { return client.Options{HostPort: closed.Addr().String()} },
			"it does not answer; is it running, and is TEMPORAL_ADDRESS right?",
		},
		"wrong key": {
			func(t *testing.T) client.Options {
				s := &stub{refused: map[string]codes.Code{"GetSystemInfo": codes.Unauthenticated}}
				return client.Options{HostPort: s.serve(t)}
			},
			"it refuses the credentials; look at TEMPORAL_API_KEY",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			options := test.options(t)
			options.Logger = quiet()
			_, err := temporalsetup.Dial(t.Context(), options)
			require.ErrorContains(t, err, test.want)
			require.ErrorContains(t, err, options.HostPort)
			require.NotContains(t, err.Error(), "\n")
		})
	}
}

func TestCredentialsForAnotherNamespaceAreOneClearLine(t *testing.T) {
	t.Parallel()
	s := &stub{refused: map[string]codes.Code{"DescribeNamespace": codes.PermissionDenied}}
	_, err := temporalsetup.Check(t.Context(), s.dial(t), "muster.a1b2c", attributes())
	require.ErrorContains(t, err, "cannot look at the namespace muster.a1b2c: it refuses the credentials")
	require.ErrorContains(t, err, "TEMPORAL_NAMESPACE")
}
