package main

// playbookCommand is the group of commands about playbooks.
type playbookCommand struct {
	Check    playbookCheckCommand    `cmd:"" help:"Say what is wrong with playbooks, with line and column."`
	Schema   playbookSchemaCommand   `cmd:"" help:"Print the JSON Schema of playbooks, by which editors complete and check them."`
	Show     playbookShowCommand     `cmd:"" help:"Show a playbook as a page and a drawing, or which ones an incident would follow, and why."`
	Test     playbookTestCommand     `cmd:"" help:"Rehearse scenarios on the real workflows in virtual time, and say what came otherwise than expected."`
	Backtest playbookBacktestCommand `cmd:"" help:"Run past incidents again with changed playbooks and routes, and show what would have been otherwise."`
}
