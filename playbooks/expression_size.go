package playbooks

import (
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
	"cel.dev/cel-go/interpreter"
)

// maxGrownBytes bounds what replace and join make. [costLimit] alone does not: CEL counts what
// a call costs when it is done, and by then a text of 50 kB in which each letter was replaced
// by all of it has 2.5 GB.
const maxGrownBytes = 1 << 20

// withinBounds has replace and join fail where they would make too long a text.
func withinBounds() cel.ProgramOption {
	grow := map[string]func([]ref.Val) ref.Val{"replace": replaceWithin, "join": joinWithin}
	return cel.CustomDecoratorV2(func(i interpreter.InterpretableV2) (interpreter.InterpretableV2, error) {
		if call, ok := i.(interpreter.InterpretableCall); ok && grow[call.Function()] != nil {
			return growing{call, grow[call.Function()]}, nil
		}
		return i, nil
	})
}

// growing is a call of a function that may make a long text of short ones.
type growing struct {
	interpreter.InterpretableCall
	function func(args []ref.Val) ref.Val
}

// Exec implements [interpreter.InterpretableV2].
func (g growing) Exec(f *interpreter.ExecutionFrame) ref.Val {
	args := make([]ref.Val, len(g.Args()))
	for i, arg := range g.Args() {
		if args[i] = arg.Exec(f); types.IsUnknownOrError(args[i]) {
			return args[i]
		}
	}
	return g.function(args)
}

func tooLong() ref.Val {
	return types.NewErr("this would make a text of more than %d KiB", maxGrownBytes>>10)
}

// replaceWithin is text.replace(old, new) and text.replace(old, new, times).
func replaceWithin(args []ref.Val) ref.Val {
	var texts [3]string
	for i := range texts {
		text, ok := args[i].(types.String)
		if !ok {
			return types.MaybeNoSuchOverloadErr(args[i])
		}
		texts[i] = string(text)
	}
	times := strings.Count(texts[0], texts[1])
	if len(args) > len(texts) {
		most, ok := args[len(texts)].(types.Int)
		if !ok {
			return types.MaybeNoSuchOverloadErr(args[len(texts)])
		}
		if most >= 0 && int64(most) < int64(times) {
			times = int(most)
		}
	}
	if len(texts[0])+times*(len(texts[2])-len(texts[1])) > maxGrownBytes {
		return tooLong()
	}
	return types.String(strings.Replace(texts[0], texts[1], texts[2], times))
}

// joinWithin is list.join() and list.join(separator).
func joinWithin(args []ref.Val) ref.Val {
	list, ok := args[0].(traits.Lister)
	if !ok {
		return types.MaybeNoSuchOverloadErr(args[0])
	}
	separator := types.String("")
	if len(args) > 1 {
		if separator, ok = args[1].(types.String); !ok {
			return types.MaybeNoSuchOverloadErr(args[1])
		}
	}
	var texts []string
	size := 0
	for it := list.Iterator(); it.HasNext() == types.True; {
		next := it.Next()
		text, ok := next.(types.String)
		if !ok {
			return types.MaybeNoSuchOverloadErr(next)
		}
		if size += len(text) + len(separator); size > maxGrownBytes {
			return tooLong()
		}
		texts = append(texts, string(text))
	}
	return types.String(strings.Join(texts, string(separator)))
}
