package webhook

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash/fnv"
	"maps"
	"slices"
	"strings"
	"unicode"
)

// decode reads JSON into target and turns the errors of encoding/json into ones that
// name the place. Fields that target does not have are ignored.
func decode(place string, body []byte, target any) error {
	err := json.Unmarshal(body, target)
	var mismatch *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &mismatch):
		if mismatch.Field != "" {
			place = strings.TrimPrefix(place+"."+mismatch.Field, ".")
		}
		return malformed(place, "must be a JSON %s, not a JSON %s", jsonKind(mismatch), mismatch.Value)
	default:
		return malformed(place, "the body is not JSON: %v", err)
	}
}

// jsonKind names what a Go type is in JSON.
func jsonKind(mismatch *json.UnmarshalTypeError) string {
	switch kind := mismatch.Type.Kind().String(); kind {
	case "struct", "map":
		return "object"
	case "slice":
		return "array"
	default:
		return kind
	}
}

// maxIdentifierBytes bounds an identifier: a Postgres index takes about 2,700 bytes
// (a third of a page), and labels in a group key know no bounds.
const maxIdentifierBytes = 500

// identifier joins parts to a text that is the same for the same parts only. It stays
// readable while it is short and printable; otherwise a hash of all of it takes the
// place of its end.
func identifier(parts ...string) string {
	last := len(parts) - 1
	escaped := make([]string, len(parts))
	for i, part := range parts {
		escaped[i] = part
		if i < last {
			escaped[i] = separators.Replace(part)
		}
	}
	whole := strings.Join(escaped, "/")
	if len(whole) <= maxIdentifierBytes && !strings.ContainsFunc(whole, unicode.IsControl) {
		return whole
	}
	sum := sha256.Sum256([]byte(whole))
	readable := strings.ToValidUTF8(whole[:min(len(whole), maxIdentifierBytes-2*len(sum)-1)], "")
	readable = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, readable)
	return readable + "#" + hex.EncodeToString(sum[:])
}

// separators keeps a part from being taken for two.
var separators = strings.NewReplacer("/", "%2F", "%", "%25")

// fingerprint identifies an alert by its labels in the way Prometheus does, so that
// it agrees with a sender that gives one: 64-bit FNV-1a over names and values in the
// order of the names, each followed by the byte 0xff
// (https://github.com/prometheus/common/blob/main/model/signature.go).
func fingerprint(labels map[string]string) string {
	hash := fnv.New64a()
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		// A hash's Write never fails.
		_, _ = hash.Write([]byte(name + "\xff" + labels[name] + "\xff"))
	}
	return hex.EncodeToString(hash.Sum(nil))
}
