package config

import (
	_ "embed"
	"fmt"
	"slices"
	"sync"
)

//go:embed sample.yaml
var sampleYAML []byte

var sample = sync.OnceValue(func() *Catalogue {
	catalogue, err := Parse("sample.yaml", sampleYAML)
	if err != nil {
		// The tests of this package parse it, so no build gets here.
		panic(fmt.Sprintf("the built-in sample catalogue is broken:\n%v", err))
	}
	return catalogue
})

// Sample returns the built-in catalogue, for trying Muster out without a
// muster.yaml. It is always the same one.
func Sample() *Catalogue { return sample() }

// SampleYAML returns the source of the built-in catalogue with its comments, as
// a starting point for one's own.
func SampleYAML() []byte { return slices.Clone(sampleYAML) }
