package main

import (
	"cmp"
	"runtime"
	"runtime/debug"
	"strings"
)

// version is set by the Makefile and by the build of the image
// (-ldflags "-X main.version=1.2.3").
var version = ""

type versionCommand struct{}

// Run prints the version, and what it was built with and for.
func (versionCommand) Run(c *console) error {
	c.printf("muster %s (%s, %s/%s)\n", musterVersion(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return nil
}

// musterVersion is the version of the release, or else the commit that the binary was built
// from, and "dev" where nobody has told it.
func musterVersion() string {
	info, _ := debug.ReadBuildInfo()
	return versionOf(version, info)
}

// revisionLength is how much of a commit's name is shown, as in the versions that Go makes
// up for commits without one.
const revisionLength = 12

// versionOf is what the build was told, or what the go command has noted of it: the version
// of the module as somebody else's dependency or at a tag, or the commit, with "+dirty" where
// files were changed. The info may be nil.
func versionOf(told string, info *debug.BuildInfo) string {
	if told != "" || info == nil {
		return cmp.Or(told, "dev")
	}
	settings := map[string]string{}
	for _, setting := range info.Settings {
		settings[setting.Key] = setting.Value
	}
	module := strings.TrimPrefix(info.Main.Version, "v")
	// Where no tag leads to the commit, its version would be 0.0.0 with the time and the commit.
	if module != "" && module != "(devel)" && !strings.HasPrefix(module, "0.0.0-") {
		return module
	}
	if revision := settings["vcs.revision"]; revision != "" {
		revision = revision[:min(len(revision), revisionLength)]
		if settings["vcs.modified"] == "true" {
			revision += "+dirty"
		}
		return revision
	}
	if module == "(devel)" {
		module = ""
	}
	return cmp.Or(module, "dev")
}
