package deploy_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSystemdUnits(t *testing.T) {
	t.Parallel()
	known := muster(t)
	start := regexp.MustCompile(`(?m)^ExecStart=/usr/local/bin/muster (.*)$`)
	variable := regexp.MustCompile(`(?m)^(?:Environment=)?(MUSTER_[A-Z_]+)=`)
	for _, file := range []string{"muster-server.service", "muster-worker.service", "muster-all.service", "muster.env"} {
		text := read(t, "deploy/systemd/"+file)
		for _, match := range start.FindAllStringSubmatch(text, -1) {
			known.understands(t, file, strings.Fields(match[1]))
		}
		variables := variable.FindAllStringSubmatch(text, -1)
		require.NotEmpty(t, variables, file)
		for _, match := range variables {
			known.knows(t, file, match[1])
		}
	}
}
