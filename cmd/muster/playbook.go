package main

// playbookCommand is the group of commands about playbooks.
type playbookCommand struct {
	Test     playbookTestCommand     `cmd:"" help:"Rehearse scenarios on the real workflows in virtual time, and say what came otherwise than expected."`
	Backtest playbookBacktestCommand `cmd:"" help:"Run past incidents again with changed playbooks and routes, and show what would have been otherwise."`
}
