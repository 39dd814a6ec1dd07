package temporalsetup

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
)

// DefaultAddress is where Temporal is looked for when neither TEMPORAL_ADDRESS nor a profile
// says so.
const DefaultAddress = client.DefaultHostPort

// ClientOptions reads how to reach Temporal, from the variables that its own tools read
// (TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_API_KEY, TEMPORAL_TLS…) and from the profile
// that they have (TEMPORAL_CONFIG_FILE, TEMPORAL_PROFILE). Variables go before the profile. A nil
// env is the process's own. The error names the variable to mend and holds no secret.
//
// The address and the namespace are set in what is returned, be it to Temporal's defaults.
func ClientOptions(env envconfig.EnvLookup) (client.Options, error) {
	if env == nil {
		env = envconfig.EnvLookupOS
	}
	if err := checkVariables(env); err != nil {
		return client.Options{}, err
	}
	profile, err := loadProfile(env)
	if err != nil {
		return client.Options{}, err
	}
	options, err := profile.ToClientOptions(envconfig.ToClientOptionsRequest{})
	if err != nil {
		// It tells of files and of what does not go together, never of what is in them.
		return client.Options{}, fmt.Errorf("settings of Temporal, from TEMPORAL_TLS_… and its profile: %w", err)
	}
	if options.HostPort == "" {
		options.HostPort = DefaultAddress
	}
	if options.Namespace == "" {
		options.Namespace = client.DefaultNamespace
	}
	if _, _, err := net.SplitHostPort(options.HostPort); err != nil {
		return client.Options{}, fmt.Errorf("TEMPORAL_ADDRESS %q: want host:port, such as temporal.example.com:7233", options.HostPort)
	}
	return options, nil
}

// value is a variable that is set to something.
func value(env envconfig.EnvLookup, name string) string {
	text, _ := env.LookupEnv(name)
	return text
}

// checkVariables finds what would otherwise be passed over in silence, or be reported without
// the name of the variable.
func checkVariables(env envconfig.EnvLookup) error {
	for _, name := range []string{"TEMPORAL_TLS", "TEMPORAL_TLS_DISABLE_HOST_VERIFICATION"} {
		switch strings.ToLower(value(env, name)) {
		case "", "true", "false", "1", "0":
		default:
			return fmt.Errorf("%s %q: want true or false", name, value(env, name))
		}
	}
	if value(env, "TEMPORAL_CODEC_ENDPOINT") != "" {
		return errors.New("TEMPORAL_CODEC_ENDPOINT is set, but Muster sends nothing through a codec server: unset it for Muster")
	}
	for _, name := range []string{"CLIENT_CERT", "CLIENT_KEY", "SERVER_CA_CERT"} {
		path, data := "TEMPORAL_TLS_"+name+"_PATH", "TEMPORAL_TLS_"+name+"_DATA"
		if value(env, path) != "" && value(env, data) != "" {
			return fmt.Errorf("%s and %s are both set: unset one", path, data)
		}
		if file := value(env, path); file != "" {
			if _, err := os.ReadFile(file); err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
		}
	}
	return errors.Join(checkPair(env), checkAuthority(env))
}

// checkPair looks at the client's certificate.
func checkPair(env envconfig.EnvLookup) error {
	certificate, key := pem(env, "CLIENT_CERT"), pem(env, "CLIENT_KEY")
	switch {
	case len(certificate) == 0 && len(key) == 0:
		return nil
	case len(key) == 0:
		return errors.New("TEMPORAL_TLS_CLIENT_CERT_… is set without a key: set TEMPORAL_TLS_CLIENT_KEY_PATH or TEMPORAL_TLS_CLIENT_KEY_DATA")
	case len(certificate) == 0:
		return errors.New("TEMPORAL_TLS_CLIENT_KEY_… is set without a certificate: set TEMPORAL_TLS_CLIENT_CERT_PATH or TEMPORAL_TLS_CLIENT_CERT_DATA")
	}
	if (value(env, "TEMPORAL_TLS_CLIENT_CERT_PATH") == "") != (value(env, "TEMPORAL_TLS_CLIENT_KEY_PATH") == "") {
		return errors.New("TEMPORAL_TLS_CLIENT_CERT_… and TEMPORAL_TLS_CLIENT_KEY_… must be both _PATH or both _DATA")
	}
	if _, err := tls.X509KeyPair(certificate, key); err != nil {
		return fmt.Errorf("TEMPORAL_TLS_CLIENT_CERT_… and TEMPORAL_TLS_CLIENT_KEY_… are no certificate with its key: %w", err)
	}
	return nil
}

// checkAuthority looks at the certificate that the server's must come from.
func checkAuthority(env envconfig.EnvLookup) error {
	authority := pem(env, "SERVER_CA_CERT")
	if len(authority) > 0 && !x509.NewCertPool().AppendCertsFromPEM(authority) {
		return errors.New("TEMPORAL_TLS_SERVER_CA_CERT_… holds no certificate in PEM")
	}
	return nil
}

// pem is what a pair of variables says, of which one names a file that can be read.
func pem(env envconfig.EnvLookup, name string) []byte {
	if file := value(env, "TEMPORAL_TLS_"+name+"_PATH"); file != "" {
		// It was read before, to see that it can be.
		text, _ := os.ReadFile(file)
		return text
	}
	return []byte(value(env, "TEMPORAL_TLS_"+name+"_DATA"))
}

// loadProfile reads the profile and puts the variables over it.
func loadProfile(env envconfig.EnvLookup) (envconfig.ClientConfigProfile, error) {
	file, name := value(env, "TEMPORAL_CONFIG_FILE"), value(env, "TEMPORAL_PROFILE")
	if file != "" {
		if _, err := os.Stat(file); err != nil {
			return envconfig.ClientConfigProfile{}, fmt.Errorf("TEMPORAL_CONFIG_FILE: %w", err)
		}
	} else {
		file = envconfig.DefaultConfigFilePath()
	}
	if _, err := envconfig.LoadClientConfig(envconfig.LoadClientConfigOptions{EnvLookup: env}); err != nil {
		// The reason may quote the file, which may hold an API key.
		return envconfig.ClientConfigProfile{}, fmt.Errorf("TEMPORAL_CONFIG_FILE: %s cannot be read as a file of profiles (TOML)", file)
	}
	profile, err := envconfig.LoadClientConfigProfile(envconfig.LoadClientConfigProfileOptions{EnvLookup: env})
	if err != nil {
		return profile, fmt.Errorf("TEMPORAL_PROFILE: there is no profile %q in %s", name, file)
	}
	return profile, nil
}
