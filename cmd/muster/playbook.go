package main

// playbookCommand is the group of commands about playbooks.
type playbookCommand struct {
	Test playbookTestCommand `cmd:"" help:"Rehearse scenarios on the real workflows in virtual time, and say what came otherwise than expected."`
}
