// Command check reads the files by which Muster is deployed as the tools do that will read
// them later: the Dockerfile by BuildKit's own linter, the Compose files by Compose's own
// loader, the Kubernetes files by kustomize and by the types of Kubernetes' API.
//
//	go -C deploy/check run .
//
// It needs no container engine and no cluster, and so it cannot tell whether an image exists
// or starts. What needs only YAML (that references lead somewhere, that versions are pinned,
// that settings exist) is checked by the tests of the folder above.
//
// It is a module of its own, so that Muster does not depend on all this.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err == nil {
		err = check(context.Background(), root)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// check reads everything, and returns all that is wrong.
func check(ctx context.Context, root string) error {
	var errs []error
	for _, c := range []struct {
		name string
		run  func(ctx context.Context, root string) (what string, err error)
	}{
		{"Dockerfile", checkDockerfile},
		{"Compose", checkCompose},
		{"Kubernetes", checkKubernetes},
	} {
		what, err := c.run(ctx, root)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", c.name, err))
			continue
		}
		fmt.Printf("%s: %s\n", c.name, what)
	}
	return errors.Join(errs...)
}
