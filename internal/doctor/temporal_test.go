package doctor_test

import (
	"context"
	"crypto/tls"
	"net/http/httptest"
	"testing"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"muster/incident"
	"muster/internal/doctor"
	"muster/store"
)

func TestTemporalThatIsWrong(t *testing.T) {
	t.Parallel()
	certified := httptest.NewTLSServer(nil)
	t.Cleanup(certified.Close)
	for name, test := range map[string]struct {
		change     func(*testing.T, *temporalFake, *doctor.Temporal)
		status     doctor.Status
		text, mend string
	}{
		"all is well": {
			func(*testing.T, *temporalFake, *doctor.Temporal) {}, doctor.Fine, "2 worker processes at work, on all 6 task queues", "",
		},
		"its settings cannot be read": {
			func(_ *testing.T, _ *temporalFake, o *doctor.Temporal) { o.Err = errSample },
			doctor.Problem, "a sample of an error", "the variables that begin with TEMPORAL_",
		},
		"nobody listens": {
			func(t *testing.T, _ *temporalFake, o *doctor.Temporal) { o.Options.HostPort = closedPort },
			doctor.Problem, "Temporal cannot be reached: nothing listens at", "TEMPORAL_ADDRESS",
		},
		"no muster dev is running": {
			func(t *testing.T, _ *temporalFake, o *doctor.Temporal) {
				o.Options.HostPort, o.Embedded = closedPort, true
			},
			doctor.Problem, "no Temporal of a muster dev answers", "start muster dev",
		},
		"TLS where there is none": {
			func(_ *testing.T, _ *temporalFake, o *doctor.Temporal) {
				o.Options.ConnectionOptions.TLS = &tls.Config{}
			},
			doctor.Problem, "does not speak TLS", "check scheme and port",
		},
		"a certificate of an unknown authority": {
			func(_ *testing.T, f *temporalFake, o *doctor.Temporal) {
				f.tls = &tls.Config{Certificates: certified.TLS.Certificates}
				o.Options.ConnectionOptions.TLS = &tls.Config{}
			}, doctor.Problem, "is not signed by an authority that this machine trusts", "SSL_CERT_FILE",
		},
		"the key is refused": {
			func(_ *testing.T, f *temporalFake, _ *doctor.Temporal) {
				f.refusal = serviceerror.NewPermissionDenied("Request unauthorized.", "")
			},
			doctor.Problem, "it refuses the credentials", "for the namespace muster",
		},
		"there is no such namespace": {
			func(_ *testing.T, _ *temporalFake, o *doctor.Temporal) { o.Options.Namespace = "elsewhere" },
			doctor.Problem, "there is no namespace elsewhere", "run muster setup",
		},
		"a search attribute is missing": {
			func(_ *testing.T, f *temporalFake, _ *doctor.Temporal) { delete(f.attributes, "MusterStatus") },
			doctor.Problem, "the search attribute MusterStatus is missing", "temporal operator search-attribute create",
		},
		"workflows are forgotten at once": {
			func(_ *testing.T, f *temporalFake, _ *doctor.Temporal) { f.retention = time.Hour },
			doctor.Warning, "finished workflows are kept for 1h0m0s only", "retention",
		},
		"nobody works on some queues": {
			func(_ *testing.T, f *temporalFake, _ *doctor.Temporal) {
				f.idle["muster"], f.idle["muster-chat"] = true, true
			},
			doctor.Problem, "nobody works on muster, muster-chat", "start muster worker",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i, fake := newInstallation(t), newTemporal()
			i.options.Temporal = doctor.Temporal{Options: client.Options{Namespace: "muster"}}
			test.change(t, fake, &i.options.Temporal)
			if i.options.Temporal.Options.HostPort == "" {
				i.options.Temporal.Options.HostPort = fake.start(t)
			}
			requireFinding(t, i.examine("temporal"), test.status, test.text, test.mend)
		})
	}
}

func TestADatabaseThatIsOlderThanTemporal(t *testing.T) {
	t.Parallel()
	i := newInstallation(t)
	i.use(migrated(t))
	i.options.Temporal = doctor.Temporal{Options: client.Options{HostPort: newTemporal().start(t), Namespace: "muster"}}
	i.options.Behind = func(_ context.Context, _ client.Client, db *store.Store) (incident.ID, error) {
		if db.Installation() != i.answering {
			return "", errSample
		}
		return "INC-7", nil
	}
	requireFinding(t, i.examine("temporal"), doctor.Problem, "the database is older than Temporal, which knows INC-7 already", "run muster restored")
}
