package jira

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	jiraapi "github.com/andygrunwald/go-jira"

	"muster/integrations"
)

// Options say how to reach Jira.
type Options struct {
	// URL is where people open Jira: "https://sample.atlassian.net".
	URL string
	// User is the e-mail address of the account that Muster acts as, Token one of its
	// API tokens.
	User  string
	Token integrations.Secret
	// HTTPClient carries the requests, with the guards of
	// [integrations.NewHTTPClient] added. Nil means a client of its own.
	HTTPClient *http.Client
	// Unshaped sends calls without regard to Jira's limits: for a stand-in that has none.
	Unshaped bool
	// Directory knows the accounts of people whom Jira does not find by their e-mail address.
	// Nil knows none.
	Directory integrations.Directory
}

// Client acts in one Jira site. Its methods may be repeated and called by many
// goroutines at once; every error is an [*integrations.Error].
type Client struct {
	api   *jiraapi.Client
	calls *integrations.Caller
	// site is the URL without a slash at its end.
	site      string
	directory integrations.Directory
}

// New returns a client, or an error that says what is wrong with the URL. It sends
// nothing yet: a wrong token shows in the first call.
func New(options Options) (*Client, error) {
	if _, ok := integrations.WebAddress(options.URL); !ok {
		return nil, fmt.Errorf("the Jira URL %q is not one like https://sample.atlassian.net: set MUSTER_JIRA_URL", options.URL)
	}
	client := integrations.NewHTTPClient(options.HTTPClient)
	client.Transport = &jiraapi.BasicAuthTransport{
		Username: options.User, Password: options.Token.Reveal(), Transport: client.Transport,
	}
	api, err := jiraapi.NewClient(client, options.URL)
	if err != nil {
		return nil, fmt.Errorf("the Jira URL %q cannot be used: %w", options.URL, err)
	}
	credentials := base64.StdEncoding.EncodeToString([]byte(options.User + ":" + options.Token.Reveal()))
	calls := integrations.NewCaller(integrations.Jira, explain, options.Token, integrations.Secret(credentials))
	if !options.Unshaped {
		calls = calls.Shaped(limits)
	}
	return &Client{
		api:       api,
		calls:     calls,
		site:      strings.TrimSuffix(options.URL, "/"),
		directory: options.Directory,
	}, nil
}

// remedies say what to mend, by the HTTP status of a refusal.
var remedies = map[int]string{
	http.StatusUnauthorized: "set MUSTER_JIRA_USER and MUSTER_JIRA_TOKEN to an account and its API token",
	http.StatusForbidden:    "the Jira account may not do this: give it the permission in the project",
	http.StatusNotFound:     "check MUSTER_JIRA_URL",
}

// fieldRemedies say what to mend, by the field that Jira refuses.
var fieldRemedies = map[string]string{
	"project":   "check the Jira project in muster.yaml",
	"issuetype": "give the project an issue type named " + issueType,
	"labels":    "put the field Labels on the project's create screen: Muster knows its tickets by it",
}

// explain reads Jira's words out of a refusal; the code lists the refused fields. It is
// an [integrations.Explain]. See
// https://developer.atlassian.com/cloud/jira/platform/rest/v2/intro/#status-codes.
func explain(refusal integrations.Refusal) (code, message string) {
	var answer struct {
		ErrorMessages []string          `json:"errorMessages"`
		Errors        map[string]string `json:"errors"`
	}
	if err := json.Unmarshal(refusal.Body, &answer); err != nil {
		return "", remedies[refusal.Status]
	}
	fields := slices.Sorted(maps.Keys(answer.Errors))
	words := answer.ErrorMessages
	for _, field := range fields {
		words = append(words, field+": "+answer.Errors[field], fieldRemedies[field])
	}
	words = append(words, remedies[refusal.Status])
	words = slices.DeleteFunc(words, func(word string) bool { return word == "" })
	return strings.Join(fields, ","), strings.Join(words, "; ")
}
