package jira

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strings"

	jiraapi "github.com/andygrunwald/go-jira"

	"muster/incident"
	"muster/integrations"
)

const (
	// keysPerSearch is how many tickets one search asks for. A hundred keys keep the
	// URL below 2,000 bytes, and one page holds as many tickets.
	keysPerSearch = 100
	// searchPages bounds one search. Jira may return fewer tickets a page than asked.
	searchPages = 10
)

// issueKey is a ticket's key: "PAY-7".
var issueKey = regexp.MustCompile(`^[A-Z][A-Z0-9_]*-[1-9][0-9]*$`)

// Tickets returns the current state of tickets, in no particular order, by one search
// for every hundred keys. Tickets that do not exist (any more) or that we may not see
// are absent from the answer, as are keys that are none. A ticket that was moved to
// another project may come back under its new key.
func (c *Client) Tickets(ctx context.Context, keys []string) ([]incident.Ticket, error) {
	keys = slices.Clone(keys)
	slices.Sort(keys)
	keys = slices.DeleteFunc(slices.Compact(keys), func(key string) bool { return !issueKey.MatchString(key) })
	var tickets []incident.Ticket
	for some := range slices.Chunk(keys, keysPerSearch) {
		issues, err := c.searchKeys(ctx, some)
		if err != nil {
			return nil, err
		}
		for _, issue := range issues {
			tickets = append(tickets, c.ticket(issue))
		}
	}
	return tickets, nil
}

// searchKeys searches for tickets by their keys. Jira refuses the whole search when one
// of them does not exist, so the search is repeated without the keys that it names, or
// else with half of the keys at a time, so that one deleted ticket hides no other.
func (c *Client) searchKeys(ctx context.Context, keys []string) ([]jiraapi.Issue, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	quoted := make([]string, len(keys))
	for i, key := range keys {
		quoted[i] = quote(key)
	}
	issues, err := c.search(ctx, "key in ("+strings.Join(quoted, ", ")+")")
	var failure *integrations.Error
	if !errors.As(err, &failure) || failure.Status != http.StatusBadRequest {
		return issues, err
	}
	if len(keys) == 1 {
		return c.readIfPresent(ctx, keys[0])
	}
	others := slices.DeleteFunc(slices.Clone(keys), func(key string) bool {
		return strings.Contains(failure.Message, "'"+key+"'")
	})
	if len(others) < len(keys) {
		return c.searchKeys(ctx, others)
	}
	half := len(keys) / 2
	first, err := c.searchKeys(ctx, keys[:half])
	if err != nil {
		return nil, err
	}
	second, err := c.searchKeys(ctx, keys[half:])
	return append(first, second...), err
}

// readIfPresent settles why a search for one key was refused, without relying on the
// words of the refusal: they depend on the account's language.
func (c *Client) readIfPresent(ctx context.Context, key string) ([]jiraapi.Issue, error) {
	issue, err := c.read(ctx, key)
	var failure *integrations.Error
	if errors.As(err, &failure) && failure.Status == http.StatusNotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return []jiraapi.Issue{*issue}, nil
}

// read reads the status of one ticket. Unlike a search it knows the latest state.
func (c *Client) read(ctx context.Context, key string) (*jiraapi.Issue, error) {
	return integrations.Ask(ctx, c.calls, "GET /issue", func(ctx context.Context) (*jiraapi.Issue, error) {
		issue, _, err := c.api.Issue.GetWithContext(ctx, key, &jiraapi.GetQueryOptions{Fields: "status"})
		return issue, err
	})
}

// search runs a query in Jira's query language and returns the tickets with their
// status.
func (c *Client) search(ctx context.Context, query string) ([]jiraapi.Issue, error) {
	options := &jiraapi.SearchOptionsV2{Fields: []string{"status"}, MaxResults: keysPerSearch}
	var issues []jiraapi.Issue
	for range searchPages {
		err := c.calls.Call(ctx, "GET /search/jql", func(ctx context.Context) error {
			page, response, err := c.api.Issue.SearchV2JQLWithContext(ctx, query, options)
			if err != nil {
				return err
			}
			issues = append(issues, page...)
			options.NextPageToken = response.NextPageToken
			return nil
		})
		if err != nil {
			return nil, err
		}
		if options.NextPageToken == "" {
			break
		}
	}
	return issues, nil
}

// quote writes a text that holds neither quotes nor backslashes as JQL does.
func quote(text string) string { return `"` + text + `"` }
