package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/moby/buildkit/frontend/dockerui"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// checkDockerfile plans the build of each target, and fails on whatever `docker build
// --check` would say of it.
func checkDockerfile(ctx context.Context, root string) (string, error) {
	text, err := os.ReadFile(filepath.Join(root, "Dockerfile"))
	if err != nil {
		return "", err
	}
	source := llb.NewSourceMap(nil, "Dockerfile", "Dockerfile", text)
	source.Definition = &llb.Definition{} // where the file came from, which nobody asks
	var errs []error
	targets := []string{"muster", "all"}
	for _, target := range targets {
		results, err := dockerfile2llb.DockerfileLint(ctx, text, dockerfile2llb.ConvertOpt{
			MetaResolver: noRegistry{},
			SourceMap:    source,
			Config:       dockerui.Config{Target: target, BuildArgs: map[string]string{"VERSION": "1.2.3"}},
		})
		if err != nil {
			errs = append(errs, fmt.Errorf("target %s: %w", target, err))
			continue
		}
		if results.Error != nil {
			errs = append(errs, fmt.Errorf("target %s: %s", target, results.Error.Message))
		}
		for _, warning := range results.Warnings {
			errs = append(errs, fmt.Errorf("target %s: %s: %s", target, warning.RuleName, warning.Detail))
		}
	}
	return "BuildKit plans the targets " + strings.Join(targets, " and ") + ", and warns of nothing", errors.Join(errs...)
}

// noRegistry knows of each image only that it is one for Linux: here is no registry to ask.
type noRegistry struct{}

func (noRegistry) ResolveImageConfig(_ context.Context, reference string, o sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	image := ocispecs.Image{Platform: ocispecs.Platform{OS: "linux", Architecture: "amd64"}}
	if o.ImageOpt != nil && o.ImageOpt.Platform != nil {
		image.Platform = *o.ImageOpt.Platform
	}
	image.Config.Env = []string{"PATH=/usr/local/go/bin:/usr/local/bin:/usr/bin:/bin"}
	config, err := json.Marshal(image)
	return reference, digest.FromBytes(config), config, err
}

var _ llb.ImageMetaResolver = noRegistry{}
