package main

import (
	"muster/internal/rehearsal/scenario"
	"muster/playbooks"
)

type playbookSchemaCommand struct {
	Scenarios bool `help:"The schema of files of scenarios, *.test.yaml, instead."`
}

// Help is shown below the usage.
func (playbookSchemaCommand) Help() string {
	return "An editor with the YAML language server takes the schema from a line at the top of a playbook:\n\n" +
		"    # yaml-language-server: $schema=playbook.schema.json\n\n" +
		"or, in VS Code, for all of a folder, from the setting yaml.schemas:\n\n" +
		"    {\"yaml.schemas\": {\"playbook.schema.json\": [\"playbooks/*.yaml\", \"!playbooks/*.test.yaml\"]}}\n"
}

// Run prints the schema.
func (cmd playbookSchemaCommand) Run(c *console) error {
	schema, err := playbooks.Schema()
	if cmd.Scenarios {
		schema, err = scenario.Schema()
	}
	if err != nil {
		return err
	}
	c.printf("%s\n", schema)
	return nil
}
