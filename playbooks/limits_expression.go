package playbooks

import (
	"fmt"
	"regexp"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/cost"
)

// loops are the parts of CEL that go through lists. An expression without one inside another
// costs no more than its length times that of what it looks at.
var loops = regexp.MustCompile(`\.\s*(all|exists|exists_one|existsOne|map|filter)\s*\(`)

// costly says why evaluating an expression may take more than [costLimit] where lists and
// texts are as long as in large incidents; nil if it does not.
func costly(env *cel.Env, expression string, checked *cel.Ast) *problem {
	if len(loops.FindAllString(expression, 2)) < 2 {
		return nil
	}
	estimate, err := env.EstimateCost(checked, largeIncident{})
	if err != nil {
		return &problem{rule: ruleExpression, message: "what the expression costs cannot be estimated: " + err.Error()}
	}
	if estimate.Max <= costLimit {
		return nil
	}
	return &problem{
		rule: ruleLimit, hint: "look something up by its id, or go through one list only",
		message: fmt.Sprintf("going through lists within lists may take too long: it is estimated at %d, and %d are allowed", estimate.Max, costLimit),
	}
}

// largeIncident says how large things are in a large incident, for estimates.
type largeIncident struct{}

// largeSize is the number of steps, alerts or characters.
const largeSize = 100

// EstimateSize implements [cost.Estimator].
func (largeIncident) EstimateSize(cost.AstNode) *cost.SizeEstimate {
	return &cost.SizeEstimate{Min: 0, Max: largeSize}
}

// EstimateCallCost implements [cost.Estimator]: CEL's own estimates are fine.
func (largeIncident) EstimateCallCost(string, string, *cost.AstNode, []cost.AstNode) *cost.CallEstimate {
	return nil
}
