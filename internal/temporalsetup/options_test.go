package temporalsetup_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/internal/temporalsetup"
)

// environment is a set of variables, in which nobody's own profile is found.
type environment map[string]string

func (e environment) LookupEnv(name string) (string, bool) {
	value, ok := e[name]
	return value, ok
}

func (e environment) Environ() []string {
	var all []string
	for name, value := range e {
		all = append(all, name+"="+value)
	}
	return all
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// keyPair is a certificate that is good for nothing, and its key.
func keyPair(t *testing.T) (certificate, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	require.NoError(t, err)
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}))
}

func TestClientOptionsComeFromVariablesOverTheProfile(t *testing.T) {
	t.Parallel()
	certificate, key := keyPair(t)
	profiles := write(t, "temporal.toml", `
[profile.default]
address = "temporal.example.com:7233"
namespace = "incidents"
[profile.cloud]
address = "muster.a1b2c.tmprl.cloud:7233"
namespace = "muster.a1b2c"
api_key = "hunter2"
`)
	for name, test := range map[string]struct {
		env                environment
		address, namespace string
		tls                bool
	}{
		"nothing is set":  {environment{"TEMPORAL_CONFIG_FILE": write(t, "empty.toml", "")}, "localhost:7233", "default", false},
		"a profile":       {environment{"TEMPORAL_CONFIG_FILE": profiles}, "temporal.example.com:7233", "incidents", false},
		"another profile": {environment{"TEMPORAL_CONFIG_FILE": profiles, "TEMPORAL_PROFILE": "cloud"}, "muster.a1b2c.tmprl.cloud:7233", "muster.a1b2c", true},
		"a variable over it": {
			environment{"TEMPORAL_CONFIG_FILE": profiles, "TEMPORAL_ADDRESS": "127.0.0.1:7000", "TEMPORAL_NAMESPACE": "muster"},
			"127.0.0.1:7000", "muster", false,
		},
		"an API key": {
			environment{"TEMPORAL_CONFIG_FILE": profiles, "TEMPORAL_API_KEY": "hunter2"}, "temporal.example.com:7233", "incidents", true,
		},
		"a client certificate": {
			environment{
				"TEMPORAL_CONFIG_FILE": profiles, "TEMPORAL_TLS_CLIENT_CERT_PATH": write(t, "cert.pem", certificate),
				"TEMPORAL_TLS_CLIENT_KEY_PATH": write(t, "key.pem", key), "TEMPORAL_TLS_SERVER_CA_CERT_DATA": certificate,
			},
			"temporal.example.com:7233", "incidents", true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			options, err := temporalsetup.ClientOptions(test.env)
			require.NoError(t, err)
			require.Equal(t, test.address, options.HostPort)
			require.Equal(t, test.namespace, options.Namespace)
			require.Equal(t, test.tls, options.ConnectionOptions.TLS != nil)
		})
	}
}

func TestWhatIsWrongWithAVariableIsSaidWithItsName(t *testing.T) {
	t.Parallel()
	certificate, key := keyPair(t)
	_, other := keyPair(t)
	for name, test := range map[string]struct {
		env  environment
		want string
	}{
		"no port":                {environment{"TEMPORAL_ADDRESS": "temporal.example.com"}, `TEMPORAL_ADDRESS "temporal.example.com": want host:port`},
		"neither true nor false": {environment{"TEMPORAL_TLS": "on"}, `TEMPORAL_TLS "on": want true or false`},
		"codec":                  {environment{"TEMPORAL_CODEC_ENDPOINT": "https://codec.example.com"}, "TEMPORAL_CODEC_ENDPOINT is set"},
		"file is missing":        {environment{"TEMPORAL_TLS_CLIENT_CERT_PATH": "/absent.pem"}, "TEMPORAL_TLS_CLIENT_CERT_PATH: open /absent.pem"},
		"certificate only":       {environment{"TEMPORAL_TLS_CLIENT_CERT_DATA": certificate}, "set TEMPORAL_TLS_CLIENT_KEY_PATH or TEMPORAL_TLS_CLIENT_KEY_DATA"},
		"key only":               {environment{"TEMPORAL_TLS_CLIENT_KEY_DATA": key}, "set TEMPORAL_TLS_CLIENT_CERT_PATH or TEMPORAL_TLS_CLIENT_CERT_DATA"},
		"key of another":         {environment{"TEMPORAL_TLS_CLIENT_CERT_DATA": certificate, "TEMPORAL_TLS_CLIENT_KEY_DATA": other}, "are no certificate with its key"},
		"path and data": {
			environment{"TEMPORAL_TLS_CLIENT_CERT_DATA": certificate, "TEMPORAL_TLS_CLIENT_KEY_PATH": write(t, "key.pem", key)},
			"TEMPORAL_TLS_CLIENT_CERT_… and TEMPORAL_TLS_CLIENT_KEY_… must be both _PATH or both _DATA",
		},
		"twice": {
			environment{"TEMPORAL_TLS_CLIENT_KEY_DATA": key, "TEMPORAL_TLS_CLIENT_KEY_PATH": "/absent.pem"},
			"TEMPORAL_TLS_CLIENT_KEY_PATH and TEMPORAL_TLS_CLIENT_KEY_DATA are both set",
		},
		"no authority":    {environment{"TEMPORAL_TLS_SERVER_CA_CERT_DATA": "hunter2"}, "TEMPORAL_TLS_SERVER_CA_CERT_… holds no certificate"},
		"no profiles":     {environment{"TEMPORAL_CONFIG_FILE": "/absent.toml"}, "TEMPORAL_CONFIG_FILE: stat /absent.toml"},
		"profiles unread": {environment{"TEMPORAL_CONFIG_FILE": write(t, "bad.toml", "[profile.default]\napi_key = hunter2")}, "cannot be read as a file of profiles (TOML)"},
		"no such profile": {environment{"TEMPORAL_CONFIG_FILE": write(t, "few.toml", ""), "TEMPORAL_PROFILE": "staging"}, `TEMPORAL_PROFILE: there is no profile "staging"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := temporalsetup.ClientOptions(test.env)
			require.ErrorContains(t, err, test.want)
			require.NotContains(t, err.Error(), "\n")
			require.NotContains(t, err.Error(), "hunter2")
		})
	}
}
