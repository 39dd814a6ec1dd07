package jira

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"time"

	jiraapi "github.com/andygrunwald/go-jira"

	"muster/incident"
	"muster/integrations"
)

const (
	// issueType is the type that every project template of Jira has.
	issueType = "Task"
	// indexLag is how long to wait before a search can be trusted to find what was
	// created just now; Jira promises no number, a few seconds are usual:
	// https://developer.atlassian.com/cloud/jira/platform/search-and-reconcile/
	indexLag = 10 * time.Second
)

// projectKey is what Jira takes for a project's key: capital letters, digits and
// underscores after a capital letter.
var projectKey = regexp.MustCompile(`^[A-Z][A-Z0-9_]*$`)

// Operations that change tickets.
const (
	createIssue = "POST /issue"
	linkIssue   = "POST /issue/remotelink"
)

// OpenTicket files a follow-up, or finds the ticket that an earlier attempt filed. The
// ticket links back to the incident. An owner whom Jira does not know, or cannot assign,
// leaves it unassigned; a due date that the project has no field for is left out. What
// the ticket says is not changed when it exists already.
func (c *Client) OpenTicket(ctx context.Context, request incident.TicketRequest) (incident.Ticket, error) {
	if err := c.check(request); err != nil {
		return incident.Ticket{}, err
	}
	ticket, found, err := c.FindTicket(ctx, request.Key)
	if err != nil {
		return incident.Ticket{}, err
	}
	if found {
		return ticket, c.addLinks(ctx, ticket.Key, request.Links)
	}
	ownerID, err := c.findOwner(ctx, request)
	if err != nil {
		return incident.Ticket{}, err
	}
	created, err := c.create(ctx, request, ticketLabel(request.Key), ownerID)
	if err != nil {
		return incident.Ticket{}, afterIndexing(err)
	}
	if err := c.addLinks(ctx, created.Key, request.Links); err != nil {
		return incident.Ticket{}, afterIndexing(err)
	}
	issue, err := c.read(ctx, created.Key)
	if err != nil {
		// The ticket stands. Its status comes with the next search or webhook.
		issue = created
	}
	return c.ticket(*issue), nil
}

// FindTicket returns the ticket that was filed under a key, the oldest if there are
// several. One that was filed a moment ago may not be found: Jira's search lags behind.
func (c *Client) FindTicket(ctx context.Context, key string) (ticket incident.Ticket, found bool, err error) {
	existing, err := c.search(ctx, "labels = "+quote(ticketLabel(key))+" ORDER BY created ASC")
	if err != nil || len(existing) == 0 {
		return incident.Ticket{}, false, err
	}
	return c.ticket(existing[0]), true, nil
}

// afterIndexing makes the next attempt wait until the search can find what this one may
// have created.
func afterIndexing(err error) error {
	var failure *integrations.Error
	if errors.As(err, &failure) && !failure.Final {
		failure.RetryAfter = max(failure.RetryAfter, indexLag)
	}
	return err
}

// check refuses what Jira would refuse, with words for whoever wrote it.
func (c *Client) check(request incident.TicketRequest) error {
	switch {
	case request.Key == "":
		return c.calls.Refuse(createIssue, "the ticket request has no key, so a repetition could not find the ticket")
	case !projectKey.MatchString(request.Project):
		return c.calls.Refuse(createIssue, "%q is not the key of a Jira project: set one like PAY for the service in muster.yaml", request.Project)
	case integrations.Line(request.Title) == "":
		return c.calls.Refuse(createIssue, "the ticket has no title")
	default:
		return nil
	}
}

// create files the ticket. When Jira refuses fields that the ticket can do without, it
// is filed without them: the work matters more than its assignee or date.
func (c *Client) create(ctx context.Context, request incident.TicketRequest, label, ownerID string) (*jiraapi.Issue, error) {
	fields := &jiraapi.IssueFields{
		Project:     jiraapi.Project{Key: request.Project},
		Type:        jiraapi.IssueType{Name: issueType},
		Summary:     integrations.Shorten(integrations.Line(request.Title), maxSummaryLength, integrations.UTF16Length),
		Description: description(request),
		Labels:      []string{"muster", label},
		Duedate:     jiraapi.Date(request.Due),
		Unknowns:    map[string]any{},
	}
	if ownerID != "" {
		// The library's own field would send an empty password along.
		fields.Unknowns["assignee"] = map[string]string{"accountId": ownerID}
	}
	issue, err := c.createOnce(ctx, fields)
	var failure *integrations.Error
	if !errors.As(err, &failure) || failure.Status != http.StatusBadRequest {
		return issue, err
	}
	for refused := range strings.SplitSeq(failure.Code, ",") {
		switch refused {
		case "assignee":
			delete(fields.Unknowns, "assignee")
		case "duedate":
			fields.Duedate = jiraapi.Date{}
		default:
			return nil, err
		}
	}
	return c.createOnce(ctx, fields)
}

// createOnce sends one creation.
func (c *Client) createOnce(ctx context.Context, fields *jiraapi.IssueFields) (*jiraapi.Issue, error) {
	issue, err := integrations.Ask(ctx, c.calls, createIssue, func(ctx context.Context) (*jiraapi.Issue, error) {
		issue, _, err := c.api.Issue.CreateWithContext(ctx, &jiraapi.Issue{Fields: fields})
		return issue, err
	})
	if err == nil && issue.Key == "" {
		err = c.calls.Unreadable(createIssue, "the ticket's key")
	}
	return issue, err
}

// addLinks shows the links in the ticket's panel of links. Jira knows them by their
// global id, so adding one again changes nothing.
func (c *Client) addLinks(ctx context.Context, key string, links []incident.Link) error {
	for _, link := range links {
		remote := &jiraapi.RemoteLink{
			GlobalID:    "muster:" + shortHash(link.URL),
			Application: &jiraapi.RemoteLinkApplication{Type: "muster", Name: "Muster"},
			Object: &jiraapi.RemoteLinkObject{
				URL:   link.URL,
				Title: linkTitle(link),
			},
		}
		err := c.calls.On(key).Call(ctx, linkIssue, func(ctx context.Context) error {
			_, _, err := c.api.Issue.AddRemoteLinkWithContext(ctx, key, remote)
			return err
		})
		// Links stand in the description too; where Jira forbids the panel, that is enough.
		if err != nil && !integrations.IsFinal(err) {
			return err
		}
	}
	return nil
}

// ticket turns Jira's issue into ours.
func (c *Client) ticket(issue jiraapi.Issue) incident.Ticket {
	ticket := incident.Ticket{Key: issue.Key, URL: browseURL(c.site, issue.Key)}
	if issue.Fields != nil && issue.Fields.Status != nil {
		ticket.Status = issue.Fields.Status.Name
		ticket.Done = issue.Fields.Status.StatusCategory.Key == doneCategory
	}
	return ticket
}

// doneCategory is the key of the category that all finished statuses have, whatever a
// project calls them.
const doneCategory = "done"

// browseURL is where people read a ticket.
func browseURL(site, key string) string { return site + "/browse/" + key }

// notInLabel are runs of characters that we keep out of labels. Jira forbids spaces.
var notInLabel = regexp.MustCompile(`[^a-z0-9]+`)

// maxLabelText bounds the readable part of a label; Jira allows 255 characters in all.
const maxLabelText = 100

// ticketLabel makes a key into the label by which its ticket is found: readable, and
// told apart by a hash from what reads the same.
func ticketLabel(key string) string {
	text := notInLabel.ReplaceAllString(strings.ToLower(key), "-")
	text = strings.Trim(text[:min(len(text), maxLabelText)], "-")
	return strings.ReplaceAll("muster-"+text+"-"+shortHash(key), "--", "-")
}

// shortHash tells texts apart that cannot be shown as they are.
func shortHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:6])
}
