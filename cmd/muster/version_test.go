package main

import (
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheVersionSaysWhichSourceItWas(t *testing.T) {
	t.Parallel()
	built := func(module string, settings ...debug.BuildSetting) *debug.BuildInfo {
		return &debug.BuildInfo{Main: debug.Module{Path: "muster", Version: module}, Settings: settings}
	}
	commit := debug.BuildSetting{Key: "vcs.revision", Value: "5dda558debd1aaf06d4e1a4bd4f1c2a0b6b5c7de"}
	changed, unchanged := debug.BuildSetting{Key: "vcs.modified", Value: "true"}, debug.BuildSetting{Key: "vcs.modified", Value: "false"}
	for name, test := range map[string]struct {
		told string
		info *debug.BuildInfo
		want string
	}{
		"a release is what its build was told":              {"1.2.3", built("v0.0.0-20261122154055-5dda558debd1", commit, unchanged), "1.2.3"},
		"a clone at a tag is that version":                  {"", built("v1.2.3", commit, unchanged), "1.2.3"},
		"a clone without tags is its commit":                {"", built("v0.0.0-20261122154055-5dda558debd1", commit, unchanged), "5dda558debd1"},
		"a clone that was changed says so":                  {"", built("v0.0.0-20261122154055-5dda558debd1+dirty", commit, changed), "5dda558debd1+dirty"},
		"a clone as an older Go builds it":                  {"", built("(devel)", commit, unchanged), "5dda558debd1"},
		"an installed module is the one that was asked for": {"", built("v1.2.3"), "1.2.3"},
		"an installed commit is its version":                {"", built("v0.0.0-20261122154055-5dda558debd1"), "0.0.0-20261122154055-5dda558debd1"},
		"sources without a history say nothing":             {"", built("(devel)"), "dev"},
		"nor does a binary without such information":        {"", nil, "dev"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.want, versionOf(test.told, test.info))
		})
	}
}
