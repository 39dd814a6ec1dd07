package webhook

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"muster/incident"
)

// What an alert says is read by people in a hurry, and has to fit into what carries it to
// its incident: Temporal takes 2 MiB at a time.
const (
	// maxValueRunes bounds a label, an annotation and the alert's name.
	maxValueRunes = 4_000
	// maxBytes bounds all labels together, and all annotations. Alerts in the wild have
	// one or two kB.
	maxBytes = 32 << 10
	// maxFingerprintBytes is more than any source uses; Alertmanager's have 16.
	maxFingerprintBytes = 256
	maxURLBytes         = 8 << 10
)

// leftOut is the annotation that says what an alert had too much of.
const leftOut = "muster_left_out"

// bounded returns the alert with what fits. What had to be left out is said in an
// annotation, so that nobody looks for it in vain.
func bounded(a incident.Alert) incident.Alert {
	a.Name = incident.CutText(a.Name, maxValueRunes)
	if len(a.Fingerprint) > maxFingerprintBytes {
		a.Fingerprint = fingerprint(map[string]string{"": a.Fingerprint})
	}
	if len(a.URL) > maxURLBytes {
		a.URL = ""
	}
	lostLabels, lostAnnotations := fit(a.Labels), fit(a.Annotations)
	if lostLabels+lostAnnotations > 0 {
		if a.Annotations == nil {
			a.Annotations = map[string]string{}
		}
		a.Annotations[leftOut] = fmt.Sprintf("%d labels and %d annotations, beyond %d KiB of either", lostLabels, lostAnnotations, maxBytes>>10)
	}
	return a
}

// short tells, at a glance, most of the texts that [incident.CutText] leaves as they are.
func short(text string) bool {
	return len(text) <= maxValueRunes && strings.IndexByte(text, 0) < 0
}

// fit leaves what there is room for, the small before the large, with values that are too
// long cut and without characters that no database keeps. It returns how many it took out.
func fit(values map[string]string) (lost int) {
	room := maxBytes
	for name, value := range values {
		if !short(value) {
			value = incident.CutText(value, maxValueRunes)
			values[name] = value
		}
		room -= len(name) + len(value)
	}
	if room >= 0 {
		return 0
	}
	size := func(name string) int { return len(name) + len(values[name]) }
	names := slices.SortedFunc(maps.Keys(values), func(a, b string) int {
		return cmp.Or(cmp.Compare(size(a), size(b)), cmp.Compare(a, b))
	})
	room = maxBytes
	for _, name := range names {
		if room -= size(name); room < 0 {
			room += size(name)
			delete(values, name)
			lost++
		}
	}
	return lost
}
