package playbooks

import (
	"encoding/json"
	"errors"
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

// UnmarshalYAML takes "true", for an approval by anybody, or the keys of an [Approval].
func (a *Approval) UnmarshalYAML(unmarshal func(any) error) error {
	var plain bool
	if unmarshal(&plain) == nil {
		if !plain {
			return errors.New("approval is true, or says who approves (quorum, by); leave it out where nobody has to")
		}
		*a = Approval{}
		return nil
	}
	type keys Approval
	return unmarshal((*keys)(a))
}

// MarshalJSON writes an approval by anybody as true, as it always was.
func (a Approval) MarshalJSON() ([]byte, error) {
	if a.Quorum == 0 && len(a.By) == 0 {
		return []byte("true"), nil
	}
	type keys Approval
	return json.Marshal(keys(a))
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (a *Approval) UnmarshalJSON(text []byte) error {
	if string(text) == "true" {
		*a = Approval{}
		return nil
	}
	type keys Approval
	return json.Unmarshal(text, (*keys)(a))
}

func sortedKeys(m Parameters) []string { return slices.Sorted(maps.Keys(m)) }
