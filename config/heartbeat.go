package config

import (
	"os"
	"time"
)

// MinHeartbeatEvery is the shortest time between two heartbeats: the checks that come
// before each may take some seconds themselves.
const MinHeartbeatEvery = 10 * time.Second

// Heartbeat says whom to tell, time and again, that Muster is healthy, so that somebody
// outside notices when it is not.
type Heartbeat struct {
	// URL is what to call, from MUSTER_HEARTBEAT_URL. It is a secret, because whoever knows
	// it can call in Muster's stead. When it is not set, nobody is called.
	URL   Secret        `kong:"-"`
	Every time.Duration `name:"heartbeat-every" env:"MUSTER_HEARTBEAT_EVERY" default:"1m" placeholder:"DURATION" help:"How often to call MUSTER_HEARTBEAT_URL while all is well."`
}

func (h *Heartbeat) secrets() []secretVariable {
	return []secretVariable{
		{Variable{"MUSTER_HEARTBEAT_URL", "Dead-man's switch: called every --heartbeat-every while all is well; nobody is called if not set."}, &h.URL},
	}
}

// ReadSecrets reads the secrets of the group from the environment. The error is
// Problems. It may be repeated.
func (h *Heartbeat) ReadSecrets(lookup Lookup) error { return readSecrets(lookup, h.secrets()) }

// BeforeApply is the hook by which kong reads the secrets, before it validates.
func (h *Heartbeat) BeforeApply() error { return h.ReadSecrets(os.LookupEnv) }

// Validate checks the settings of the group. The error is Problems.
func (h Heartbeat) Validate() error {
	var problems Problems
	if h.URL.IsSet() && !isWebURL(h.URL.Reveal()) {
		problems.add("MUSTER_HEARTBEAT_URL", "is not a web address; write it whole, as the service that watches Muster shows it, beginning with https://")
	}
	if h.Every < MinHeartbeatEvery {
		problems.add("MUSTER_HEARTBEAT_EVERY", "is %s; make it %s at least", h.Every, MinHeartbeatEvery)
	}
	return problems.err()
}
