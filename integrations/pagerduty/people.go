package pagerduty

import (
	"cmp"
	"context"
	"net/url"
	"strings"
	"time"

	pd "github.com/PagerDuty/go-pagerduty"

	"muster/incident"
	"muster/integrations"
)

// getUser is the operation that reads a user.
const getUser = "GET /users/{id}"

// knownFor is how long a user is not asked for again.
const knownFor = time.Hour

// knownUser is what PagerDuty said of a user.
type knownUser struct {
	person incident.Person
	at     time.Time
}

// AccountOf returns the id of a person's account: what the directory says, the user with
// their e-mail address, or, where no address is known, the only user of their name.
func (c *Client) AccountOf(ctx context.Context, person incident.Person) (id string, ok bool, err error) {
	if c.directory != nil {
		if id, ok := c.directory.AccountOf(integrations.PagerDuty, person); ok {
			return id, true, nil
		}
	}
	query := cmp.Or(person.Email, person.Name)
	if query == "" {
		return "", false, nil
	}
	found, err := c.users(ctx, query)
	if err != nil {
		return "", false, err
	}
	var ids []string
	for _, user := range found {
		if strings.EqualFold(user.Email, query) || person.Email == "" && strings.EqualFold(user.Name, query) {
			ids = append(ids, user.ID)
		}
	}
	if len(ids) != 1 {
		return "", false, nil
	}
	return ids[0], true, nil
}

// Person returns who is behind an account; the name is what PagerDuty calls them. Somebody
// who cannot be looked up is known by that name alone. What is found is remembered for an
// hour.
func (c *Client) Person(ctx context.Context, account, name string) incident.Person {
	person := incident.Person{Name: cmp.Or(name, account)}
	if account == "" {
		return person
	}
	if known, ok := c.remembered(account); ok {
		return known
	}
	user, err := integrations.Ask(ctx, c.calls, getUser, func(ctx context.Context) (*pd.User, error) {
		return c.api.GetUserWithContext(ctx, url.PathEscape(account), pd.GetUserOptions{})
	})
	if err == nil {
		person = incident.Person{Name: cmp.Or(user.Name, user.Summary, person.Name), Email: user.Email}
	}
	person = c.known(account, person)
	if err == nil || isMissing(err) {
		c.remember(account, person)
	}
	return person
}

// known applies the directory to what PagerDuty says of an account.
func (c *Client) known(account string, person incident.Person) incident.Person {
	if c.directory != nil {
		if exception, ok := c.directory.PersonOf(integrations.PagerDuty, account, person.Email); ok {
			return exception
		}
	}
	return person
}

func (c *Client) remembered(account string) (incident.Person, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	known, ok := c.people[account]
	return known.person, ok && time.Since(known.at) < knownFor
}

// maxRemembered bounds how many people are remembered, far above a usual account.
const maxRemembered = 10_000

func (c *Client) remember(account string, person incident.Person) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.people) >= maxRemembered {
		clear(c.people)
	}
	c.people[account] = knownUser{person, time.Now()}
}

// users looks for people by parts of their names and addresses.
func (c *Client) users(ctx context.Context, query string) ([]pd.User, error) {
	found, err := integrations.Ask(ctx, c.calls, listUsers, func(ctx context.Context) (*pd.ListUsersResponse, error) {
		return c.api.ListUsersWithContext(ctx, pd.ListUsersOptions{Query: query, Limit: usersPerPage})
	})
	if err != nil {
		return nil, err
	}
	return found.Users, nil
}

// IsSelf says whether an account is the one in whose name Muster acts.
func (c *Client) IsSelf(ctx context.Context, account string) (bool, error) {
	if c.from == "" || account == "" {
		return false, nil
	}
	id, err := c.self(ctx, listUsers)
	return err == nil && id == account, err
}

// self is the id of the user in whose name Muster acts.
func (c *Client) self(ctx context.Context, operation string) (string, error) {
	if err := c.needUser(operation); err != nil {
		return "", err
	}
	c.mu.Lock()
	id := c.selfID
	c.mu.Unlock()
	if id != "" {
		return id, nil
	}
	found, err := c.users(ctx, c.from)
	if err != nil {
		return "", err
	}
	for _, user := range found {
		if strings.EqualFold(user.Email, c.from) {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.selfID = user.ID
			return user.ID, nil
		}
	}
	return "", c.calls.Refuse(operation, "PagerDuty has no user %s: set MUSTER_PAGERDUTY_FROM to the address of one", c.from)
}

// needUser refuses what PagerDuty does in the name of a user only.
func (c *Client) needUser(operation string) error {
	if c.from == "" {
		return c.calls.Refuse(operation, "PagerDuty does this in the name of a user only: set MUSTER_PAGERDUTY_FROM to the address of one")
	}
	return nil
}
