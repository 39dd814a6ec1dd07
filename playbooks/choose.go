package playbooks

import (
	"sync"

	"cel.dev/cel-go/cel"
)

var selectionEnvironment = sync.OnceValues(func() (*cel.Env, error) { return cel.NewEnv() })

func compileSelection(string) (cel.Program, error) { return nil, nil }
