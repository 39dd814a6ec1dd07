package activities

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"muster/incident"
)

// shortestOutput is how much of a text is kept at least before other outputs are left out for
// want of room.
const shortestOutput = 256

// clean frees an outcome of secrets, and cuts its output to [incident.MaxOutputBytes].
func clean(o incident.Outcome, secrets []string) incident.Outcome {
	o.Text = redact(o.Text, secrets)
	if len(o.Output) == 0 {
		return o
	}
	output := make(map[string]any, len(o.Output))
	for name, value := range o.Output {
		output[name] = redactAny(value, secrets)
	}
	o.Output = bounded(output)
	return o
}

// redactAny frees a JSON value of secrets, wherever they stand in it.
func redactAny(value any, secrets []string) any {
	switch v := value.(type) {
	case string:
		return redact(v, secrets)
	case []any:
		all := make([]any, len(v))
		for i, one := range v {
			all[i] = redactAny(one, secrets)
		}
		return all
	case map[string]any:
		all := make(map[string]any, len(v))
		for name, one := range v {
			all[redact(name, secrets)] = redactAny(one, secrets)
		}
		return all
	default:
		return value
	}
}

// bounded cuts an output to what an incident keeps: first its texts, the longest most, then it
// leaves out what is largest. What cannot be written as JSON is left out as well.
func bounded(output map[string]any) map[string]any {
	for name, value := range output {
		if _, err := json.Marshal(value); err != nil {
			delete(output, name)
		}
	}
	for size(output) > incident.MaxOutputBytes {
		if name, text := longestText(output); len(text) >= 2*shortestOutput {
			output[name] = cutBytes(text, len(text)/2)
			continue
		}
		delete(output, slices.MaxFunc(slices.Sorted(maps.Keys(output)), func(x, y string) int {
			return cmp.Compare(size(output[x]), size(output[y]))
		}))
	}
	return output
}

// size is how long a value is as JSON.
func size(value any) int {
	text, err := json.Marshal(value)
	if err != nil {
		return 0 // was left out
	}
	return len(text)
}

func longestText(output map[string]any) (name, text string) {
	for _, candidate := range slices.Sorted(maps.Keys(output)) {
		if t, ok := output[candidate].(string); ok && len(t) > len(text) {
			name, text = candidate, t
		}
	}
	return name, text
}

// cutBytes returns the beginning of a text of so many bytes at most, without half a character.
func cutBytes(text string, limit int) string {
	for limit > 0 && !utf8.RuneStart(text[limit]) {
		limit--
	}
	return strings.TrimSpace(text[:limit]) + "…"
}
