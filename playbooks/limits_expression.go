package playbooks

import (
	"fmt"
	"regexp"

	"cel.dev/cel-go/cel"
	celcost "cel.dev/cel-go/checker"
)

// bounded says that the expression, or one within the text, is too long, or that evaluating
// it may take more than is allowed.
func (e expression) bounded() error {
	parts := []textPart{{text: e.text, expression: true}}
	if e.kind == text {
		var err error
		if parts, err = splitText(e.text); err != nil {
			return err
		}
	}
	for _, part := range parts {
		if !part.expression {
			continue
		}
		if len(part.text) > MaxExpressionBytes {
			return fmt.Errorf("the expression has %d bytes, and %d are allowed; say it in fewer words, or in several steps", len(part.text), MaxExpressionBytes)
		}
		if err := affordable(part.text, e.environment); err != nil {
			return err
		}
	}
	return nil
}

func (e expression) environment() (*cel.Env, error) {
	if e.kind == selection {
		return selectionEnvironment()
	}
	return environment()
}

// loops are the parts of CEL that go through lists. An expression without one inside another
// costs no more than its length times that of what it looks at.
var loops = regexp.MustCompile(`\.\s*(all|exists|exists_one|existsOne|map|filter)\s*\(`)

// affordable says whether an expression stays below [costLimit] where lists and texts are as
// long as they are in large incidents. One that is no CEL is somebody else's matter.
func affordable(expression string, environment func() (*cel.Env, error)) error {
	if len(loops.FindAllString(expression, 2)) < 2 {
		return nil
	}
	env, err := environment()
	if err != nil {
		return fmt.Errorf("set up CEL: %w", err)
	}
	checked, issues := env.Compile(expression)
	if issues.Err() != nil {
		return nil
	}
	estimate, err := env.EstimateCost(checked, largeIncident{})
	if err != nil {
		return fmt.Errorf("estimate what the expression costs: %w", err)
	}
	if estimate.Max > costLimit {
		return fmt.Errorf("the expression goes through lists within lists, which may take too long: it is estimated at %d, and %d are allowed", estimate.Max, costLimit)
	}
	return nil
}

// largeIncident says how large things are in a large incident, for estimates.
type largeIncident struct{}

// largeSize is the number of steps, alerts or characters.
const largeSize = 100

// EstimateSize implements [celcost.CostEstimator].
func (largeIncident) EstimateSize(celcost.AstNode) *celcost.SizeEstimate {
	return &celcost.SizeEstimate{Min: 0, Max: largeSize}
}

// EstimateCallCost implements [celcost.CostEstimator]: CEL's own estimates are fine.
func (largeIncident) EstimateCallCost(string, string, *celcost.AstNode, []celcost.AstNode) *celcost.CallEstimate {
	return nil
}
