package slack

import (
	"cmp"
	"context"
	"regexp"

	slackapi "github.com/slack-go/slack"

	"muster/chat"
	"muster/incident"
	"muster/integrations"
)

// accountPattern is what ids of people look like: https://docs.slack.dev/reference/objects/user-object.
var accountPattern = regexp.MustCompile(`^[UW][A-Z0-9]{2,}$`)

// AccountOf returns the id of a person's account in Slack: the one that they come with, or
// that the directory knows, or else that of their e-mail address. It is false for whom Slack does not know, and for
// whom it knows no more. The answer is remembered for an hour; that there is no such account,
// for five minutes.
func (c *Client) AccountOf(ctx context.Context, person incident.Person) (id string, ok bool, err error) {
	if accountPattern.MatchString(person.Account) {
		return person.Account, true, nil
	}
	if c.directory != nil {
		if id, ok := c.directory.AccountOf(integrations.Slack, person); ok {
			return id, true, nil
		}
	}
	if person.Email == "" {
		return "", false, nil
	}
	if id, known := c.accounts.get(person.Email); known {
		return id, id != "", nil
	}
	if id, err = c.lookUp(ctx, person.Email); err != nil {
		return "", false, err
	}
	keep := rememberedFor
	if id == "" {
		keep = forgottenAfter
	}
	c.accounts.put(person.Email, id, keep)
	return id, id != "", nil
}

// lookUp returns the id of the account with an e-mail address, or nothing.
func (c *Client) lookUp(ctx context.Context, email string) (id string, err error) {
	user, err := integrations.Ask(ctx, c.calls, "users.lookupByEmail", func(ctx context.Context) (*slackapi.User, error) {
		return c.api.GetUserByEmailContext(ctx, email)
	})
	switch {
	case integrations.HasCode(err, "users_not_found"):
		return "", nil
	case err != nil:
		return "", err
	case user.Deleted:
		return "", nil
	default:
		return user.ID, nil
	}
}

// accountsOf finds the accounts of those who are mentioned. Where Slack refuses to tell, as
// it does for want of a scope, people are shown by their names.
func (c *Client) accountsOf(ctx context.Context, mentions []chat.Span) (accounts, error) {
	found := accounts{}
	for _, span := range mentions {
		if _, known := found[span.Person]; known {
			continue
		}
		id, ok, err := c.AccountOf(ctx, span.Person)
		switch {
		case err != nil && !integrations.IsFinal(err):
			return nil, err
		case err == nil && ok && accountPattern.MatchString(id):
			found[span.Person] = id
		default:
			found[span.Person] = ""
		}
	}
	return found, nil
}

// Person returns who has an account: the one that the directory knows, or else whom Slack
// describes. Of whom Slack tells no e-mail address only the name is known, and of whom it
// tells nothing, such as somebody on the other side of a shared channel, the name is the
// account's id. The answer is remembered for an hour.
func (c *Client) Person(ctx context.Context, accountID string) (incident.Person, error) {
	if known, ok := c.people.get(accountID); ok {
		return known, nil
	}
	user, err := integrations.Ask(ctx, c.calls, "users.info", func(ctx context.Context) (*slackapi.User, error) {
		return c.api.GetUserInfoContext(ctx, accountID, slackapi.GetUserInfoOptionIncludeLocale(false))
	})
	keep := rememberedFor
	switch {
	case integrations.HasCode(err, "user_not_found", "user_not_visible"):
		user, keep = &slackapi.User{}, forgottenAfter
	case err != nil:
		return incident.Person{}, err
	}
	person := incident.Person{Name: nameIn(*user, accountID), Email: user.Profile.Email}
	if c.directory != nil {
		if listed, ok := c.directory.PersonOf(integrations.Slack, accountID, person.Email); ok {
			person = listed
		}
	}
	c.people.put(accountID, person, keep)
	return person, nil
}

// nameIn is what people call somebody.
func nameIn(user slackapi.User, accountID string) string {
	return cmp.Or(
		integrations.Line(user.Profile.RealName), integrations.Line(user.RealName),
		integrations.Line(user.Profile.DisplayName), integrations.Line(user.Name), accountID,
	)
}
