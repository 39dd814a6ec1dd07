package playbooks

import (
	"cmp"
	"fmt"
	"slices"

	"cel.dev/cel-go/cel"
	celast "cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
	"cel.dev/cel-go/interpreter"
)

// inOrder has an expression go through maps by their keys: cel-go goes through them as Go
// does, each time in another order. A workflow that is replayed must find what it found before,
// and what the journal has.
func inOrder(checked *cel.Ast) cel.ProgramOption {
	ranges := map[int64]bool{}
	celast.PostOrderVisit(checked.NativeRep().Expr(), celast.NewExprVisitor(func(e celast.Expr) {
		if e.Kind() == celast.ComprehensionKind {
			ranges[e.AsComprehension().IterRange().ID()] = true
		}
	}))
	return cel.CustomDecoratorV2(func(i interpreter.InterpretableV2) (interpreter.InterpretableV2, error) {
		if !ranges[i.ID()] {
			return i, nil
		}
		return ordered{i}, nil
	})
}

// ordered is what a loop goes through.
type ordered struct{ interpreter.InterpretableV2 }

// Eval implements [interpreter.Interpretable].
func (o ordered) Eval(a interpreter.Activation) ref.Val { return sorted(o.InterpretableV2.Eval(a)) }

// Exec implements [interpreter.InterpretableV2].
func (o ordered) Exec(f *interpreter.ExecutionFrame) ref.Val {
	return sorted(o.InterpretableV2.Exec(f))
}

func sorted(value ref.Val) ref.Val {
	if m, ok := value.(traits.Mapper); ok {
		return sortedMap{m}
	}
	return value
}

// sortedMap is a map whose keys come in order.
type sortedMap struct{ traits.Mapper }

// Iterator implements [traits.Iterable].
func (m sortedMap) Iterator() traits.Iterator {
	var keys []ref.Val
	for it := m.Mapper.Iterator(); it.HasNext() == types.True; {
		keys = append(keys, it.Next())
	}
	slices.SortFunc(keys, compareKeys)
	return types.NewRefValList(types.DefaultTypeAdapter, keys).Iterator()
}

func compareKeys(a, b ref.Val) int {
	if order, ok := a.(traits.Comparer); ok {
		if n, ok := order.Compare(b).(types.Int); ok {
			return int(n)
		}
	}
	return cmp.Compare(fmt.Sprintf("%T %v", a, a.Value()), fmt.Sprintf("%T %v", b, b.Value()))
}
