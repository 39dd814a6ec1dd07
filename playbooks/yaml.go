package playbooks

import (
	"fmt"
	"maps"
	"slices"
)

// UnmarshalYAML takes one trigger or a list of them.
func (t *Triggers) UnmarshalYAML(unmarshal func(any) error) error {
	var one string
	if unmarshal(&one) == nil {
		*t = Triggers{one}
		return nil
	}
	var many []string
	if err := unmarshal(&many); err != nil {
		return err
	}
	*t = many
	return nil
}

// UnmarshalYAML takes texts, numbers and booleans, all as texts.
func (p *Parameters) UnmarshalYAML(unmarshal func(any) error) error {
	var raw map[string]any
	if err := unmarshal(&raw); err != nil {
		return err
	}
	*p = make(Parameters, len(raw))
	for name, value := range raw {
		switch value.(type) {
		case string, bool, int, int64, uint64, float64:
			(*p)[name] = fmt.Sprint(value)
		default:
			return fmt.Errorf("the parameter %q must be a text", name)
		}
	}
	return nil
}

func sortedKeys(m Parameters) []string { return slices.Sorted(maps.Keys(m)) }
