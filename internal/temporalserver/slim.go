//go:build slim

package temporalserver

import "context"

func start(context.Context, Options) (*Server, error) { return nil, ErrNotBuiltIn }
