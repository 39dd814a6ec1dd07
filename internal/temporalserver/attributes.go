package temporalserver

import (
	"context"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/sdk/client"
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

// RegisterSearchAttributes adds the search attributes that a namespace lacks, on this
// server or any other. It may be repeated. The error says so where one exists with
// another type, or where the client may not add any.
func RegisterSearchAttributes(
	ctx context.Context, c client.Client, namespace string, keys []temporal.SearchAttributeKey,
) error {
	want, err := attributeTypes(keys)
	if err != nil {
		return err
	}
	have, err := c.OperatorService().ListSearchAttributes(ctx,
		&operatorservice.ListSearchAttributesRequest{Namespace: namespace})
	if err != nil {
		return fmt.Errorf("list search attributes: %w", err)
	}
	missing := make(map[string]enumspb.IndexedValueType)
	for name, kind := range want {
		switch got, ok := have.GetCustomAttributes()[name]; {
		case !ok:
			missing[name] = kind
		case got != kind:
			return permanent{fmt.Errorf("search attribute %q is of type %s in this Temporal store, want %s: "+
				"a type cannot be changed, so give the attribute another name", name, got, kind)}
		}
	}
	if len(missing) == 0 {
		return nil
	}
	_, err = c.OperatorService().AddSearchAttributes(ctx,
		&operatorservice.AddSearchAttributesRequest{Namespace: namespace, SearchAttributes: missing})
	if err != nil {
		return fmt.Errorf("add search attributes: %w", err)
	}
	return nil
}

// permanent marks an error that trying again does not mend.
type permanent struct{ error }

func (p permanent) Unwrap() error { return p.error }
