package telemetry

import (
	"github.com/prometheus/client_golang/prometheus"

	"muster/playbooks"
)

// Shelf holds the playbooks in use. *playbooks.Folder is one.
type Shelf interface {
	State() playbooks.FolderState
}

// WatchPlaybooks shows how many playbooks there are, when they were read, and whether the
// files as they are now were refused. It may be called once.
func (t *Telemetry) WatchPlaybooks(s Shelf) error {
	for _, gauge := range []struct {
		name, help string
		value      func(playbooks.FolderState) float64
	}{
		{"muster_playbooks_loaded", "Playbooks that new incidents can follow.", func(s playbooks.FolderState) float64 { return float64(len(s.Library)) }},
		{"muster_playbooks_loaded_timestamp_seconds", "When the playbooks in use were read.", func(s playbooks.FolderState) float64 { return float64(s.LoadedAt.Unix()) }},
		{"muster_playbooks_refused", "1 if the files in the playbooks' folder have a mistake and are not used as they are, or else 0.", func(s playbooks.FolderState) float64 {
			if s.Err != nil {
				return 1
			}
			return 0
		}},
	} {
		err := t.registry.Register(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: gauge.name, Help: gauge.help}, func() float64 { return gauge.value(s.State()) }))
		if err != nil {
			return err
		}
	}
	return nil
}
