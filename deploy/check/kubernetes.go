package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// checkKubernetes builds the example with what is commented out in it, and reads every
// object strictly: a field that Kubernetes does not know is an error, and so is a value of
// another type.
func checkKubernetes(_ context.Context, root string) (string, error) {
	files, err := inMemory(filepath.Join(root, "deploy", "kubernetes"))
	if err != nil {
		return "", err
	}
	const example = "/example/kustomization.yaml"
	text, err := files.ReadFile(example)
	if err != nil {
		return "", err
	}
	// Not every cluster knows the kinds of the component.
	whole := strings.ReplaceAll(string(text), "# components:\n#   - ", "components:\n  - ")
	if err := files.WriteFile(example, []byte(whole)); err != nil {
		return "", err
	}
	built, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(files, "/example")
	if err != nil {
		return "", err
	}
	strict := serializer.NewCodecFactory(scheme.Scheme, serializer.EnableStrict).UniversalDeserializer()
	var errs []error
	for _, resource := range built.Resources() {
		text, err := resource.AsYAML()
		if err != nil {
			return "", err
		}
		if err := read(strict, text); err != nil {
			errs = append(errs, fmt.Errorf("%s %s: %w", resource.GetKind(), resource.GetName(), err))
		}
	}
	return fmt.Sprintf("kustomize builds %d objects, and Kubernetes' types hold each", built.Size()), errors.Join(errs...)
}

// inMemory copies a folder, so that what is changed is not changed on disk.
func inMemory(folder string) (filesys.FileSystem, error) {
	files := filesys.MakeFsInMemory()
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return files.WriteFile("/"+filepath.ToSlash(strings.TrimPrefix(path, folder+string(filepath.Separator))), text)
	})
	return files, err
}

func read(strict runtime.Decoder, text []byte) error {
	_, _, err := strict.Decode(text, nil, nil)
	if runtime.IsNotRegisteredError(err) && strings.Contains(string(text), "monitoring.coreos.com/") {
		return nil // the Prometheus operator's kinds are not Kubernetes' own
	}
	return err
}
