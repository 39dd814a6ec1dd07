//go:build !slim

package temporalserver

import (
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
)

// attributeTypes lists the attributes by name.
func attributeTypes(keys []temporal.SearchAttributeKey) (map[string]enumspb.IndexedValueType, error) {
	types := make(map[string]enumspb.IndexedValueType, len(keys))
	for _, key := range keys {
		if _, twice := types[key.GetName()]; twice {
			return nil, fmt.Errorf("search attribute %q is given twice", key.GetName())
		}
		types[key.GetName()] = key.GetValueType()
	}
	return types, nil
}

// permanent marks an error that trying again does not mend.
type permanent struct{ error }

func (p permanent) Unwrap() error { return p.error }
