package main

import (
	"context"
	"crypto/rand"
	"encoding/json"

	"muster/activities"
	"muster/api/cockpit"
	"muster/api/oncall"
	"muster/chat"
	"muster/chat/card"
	"muster/config"
	"muster/integrations"
	"muster/integrations/slack"
	"muster/store"
)

// chatPort is the chat as both the worker and the cockpit need it.
type chatPort interface {
	activities.Chat
	cockpit.Chat
}

// pagerPort is the pager as the worker, the cockpit and the API need it.
type pagerPort interface {
	activities.Pager
	oncall.Pager
}

// newCockpit lets people run incidents from the chat, and has what they do and what becomes
// of pages carried out by the dispatcher.
func (a *app) newCockpit(o appOptions) (err error) {
	settings := o.catalogue.Cockpit()
	a.cockpit, err = cockpit.New(cockpit.Options{
		Commander: a.dispatcher, Reader: a.store, Catalogue: o.catalogue, Chat: a.chat, Inbox: a.store, Keeper: a.store, Pager: a.pager,
		Pages: card.Pages{Muster: o.baseURL, Temporal: temporalPages(o.temporalUIURL, o.namespace)}, Command: settings.Command, RecordReaction: settings.RecordReaction, Transcript: settings.Transcript,
		Logger: o.logger.With("part", "cockpit"),
	})
	if err != nil {
		return err
	}
	a.dispatcher.Handle(store.KindAct, carryOut(a.cockpit))
	a.dispatcher.Handle(store.KindPage, a.dispatcher.PageNews(a.pagerNews))
	a.inbound = slack.NewInbound(slack.InboundOptions{
		SigningSecrets: secretsOf(o.vendors.Slack.SigningSecrets()), Taker: a.cockpit, Logger: o.logger.With("part", "slack"),
	})
	if token := o.vendors.Slack.AppToken; token.IsSet() {
		a.socket = slack.NewSocket(slack.SocketOptions{
			AppToken: integrations.Secret(token.Reveal()), APIURL: a.slackOptions(o.vendors).APIURL, Inbound: a.inbound, Logger: o.logger.With("part", "slack"),
		})
	}
	return nil
}

// carryOut carries out what the cockpit has put into the inbox.
func carryOut(c *cockpit.Cockpit) func(context.Context, store.Item) error {
	return func(ctx context.Context, item store.Item) error {
		var act chat.Act
		if err := json.Unmarshal(item.Body, &act); err != nil {
			return &unreadableActError{err}
		}
		return c.CarryOut(ctx, act)
	}
}

// unreadableActError is for items that no attempt can read.
type unreadableActError struct{ err error }

func (e *unreadableActError) Error() string {
	return "the item is nothing that somebody did: " + e.err.Error()
}

// Permanent says that trying again would end no better.
func (*unreadableActError) Permanent() bool { return true }

// secretsOf are a setting's secrets as the vendors' packages take them.
func secretsOf(settings []config.Secret) []integrations.Secret {
	secrets := make([]integrations.Secret, len(settings))
	for i, s := range settings {
		secrets[i] = integrations.Secret(s.Reveal())
	}
	return secrets
}

// signedBySandbox gives the sandbox's Slack and PagerDuty and those who hear of them secrets
// in common. Whoever connects by Socket Mode needs none for Slack, which then has no address.
func signedBySandbox(v *config.Vendors) {
	if v.SlackSandboxed() && !v.Slack.SigningSecret.IsSet() && !v.Slack.AppToken.IsSet() {
		v.Slack.SigningSecret = config.NewSecret(rand.Text())
	}
	if v.PagerDutySandboxed() && !v.PagerDuty.WebhookSecret.IsSet() {
		v.PagerDuty.WebhookSecret = config.NewSecret(rand.Text())
	}
}
