package deploy_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// stage is one of the Dockerfile.
type stage struct {
	name, from string
	text       string
}

func stages(t *testing.T) []stage {
	t.Helper()
	text := read(t, "Dockerfile")
	heads := regexp.MustCompile(`(?m)^FROM (?:--platform=\S+ )?(\S+) AS (\S+)$`).FindAllStringSubmatchIndex(text, -1)
	require.NotEmpty(t, heads)
	var all []stage
	for i, head := range heads {
		end := len(text)
		if i+1 < len(heads) {
			end = heads[i+1][0]
		}
		all = append(all, stage{from: text[head[2]:head[3]], name: text[head[4]:head[5]], text: text[head[1]:end]})
	}
	return all
}

func TestDockerfileIsBuiltFromWhatIsPinned(t *testing.T) {
	t.Parallel()
	names := []string{"scratch"}
	copied := regexp.MustCompile(`COPY --from=(\S+)`)
	for _, s := range stages(t) {
		if !slices.Contains(names, s.from) {
			pinned(t, "stage "+s.name, s.from)
		}
		for _, match := range copied.FindAllStringSubmatch(s.text, -1) {
			require.Contains(t, names, match[1], "stage %s copies from a stage that is not there", s.name)
		}
		names = append(names, s.name)
	}
}

func TestDockerfileHasTheGoOfTheModule(t *testing.T) {
	t.Parallel()
	require.Contains(t, stages(t)[0].from, "golang:"+moduleVersion(t, "go")+"-")
}

func TestDockerfileEndsWithTheProductionImage(t *testing.T) {
	t.Parallel()
	all := stages(t)
	last := all[len(all)-1]
	require.Equal(t, "muster", last.name)
	require.Contains(t, last.text, "COPY --from=build /out/muster")
	for _, s := range all {
		switch s.name {
		case "build":
			require.Contains(t, s.text, "-tags slim,", "production needs no Temporal server inside")
		case "build-all":
			require.NotContains(t, s.text, "slim", "`muster all` needs its Temporal server")
		case "runtime":
			require.Equal(t, "scratch", s.from)
			require.Regexp(t, `(?m)^USER \d+:\d+$`, s.text, "the user must be one, by number, who is not root")
			user, folder := strings.Index(s.text, "\nUSER "), strings.Index(s.text, "\nWORKDIR ")
			require.Less(t, user, folder, "the folder must be made as that user's")
		}
		if strings.HasPrefix(s.name, "build") {
			require.Contains(t, s.text, "-trimpath")
		}
	}
}
