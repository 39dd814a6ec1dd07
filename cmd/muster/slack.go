package main

import (
	"muster/config"
	"muster/integrations/slack"
)

type slackCommand struct {
	Manifest slackManifestCommand `cmd:"" help:"Print the manifest by which Slack makes Muster's app."`
}

type slackManifestCommand struct {
	config.CatalogueFile
	PublicURL  string `name:"public-url" env:"MUSTER_PUBLIC_URL" placeholder:"URL" help:"Where Slack reaches Muster, by https."`
	SocketMode bool   `name:"socket-mode" help:"Have Muster connect to Slack instead, with MUSTER_SLACK_APP_TOKEN: no public address is needed."`
	Private    bool   `help:"Ask for what private channels need as well, for playbooks that open them."`
	Name       string `default:"Muster" placeholder:"NAME" help:"What the app is called in Slack."`
}

// Help is shown below the usage.
func (slackManifestCommand) Help() string {
	return "On https://api.slack.com/apps choose Create New App, From a manifest, and paste what this prints; of an app that is there already, paste it on its page App Manifest. " +
		"The manifest has just the scopes and events that Muster uses, and the command that muster.yaml names.\n"
}

// Run prints the manifest. It asks Slack nothing.
func (cmd slackManifestCommand) Run(c *console) error {
	catalogue, err := cmd.Catalogue()
	if err != nil {
		return misuse(err)
	}
	manifest, err := slack.Manifest(slack.ManifestOptions{
		Name: cmd.Name, Command: catalogue.Cockpit().Command, PublicURL: cmd.PublicURL, SocketMode: cmd.SocketMode, Private: cmd.Private,
	})
	if err != nil {
		return misuse(err)
	}
	c.printf("%s", manifest)
	return nil
}
