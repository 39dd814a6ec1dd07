package doctor_test

import (
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/config"
	"muster/integrations/slack"
	"muster/integrations/vendortest"
	"muster/internal/doctor"
)

// failure is something that a vendor answers, and what is said about it.
type failure struct {
	change     func(*testing.T, *installation, fakes)
	status     doctor.Status
	text, mend string
}

// requireFailures examines an area of installations that have one failure each.
func requireFailures(t *testing.T, area string, prepare func(*testing.T, *installation, fakes), failures map[string]failure) {
	t.Helper()
	for name, test := range failures {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := newInstallation(t)
			f := i.connectFakes()
			prepare(t, i, f)
			test.change(t, i, f)
			requireFinding(t, i.examine(area), test.status, test.text, test.mend)
		})
	}
}

func TestSlackThatIsWrong(t *testing.T) {
	t.Parallel()
	channels := func(documents ...string) func(*testing.T, *installation, fakes) {
		return func(t *testing.T, _ *installation, f fakes) {
			f.answerIdentity(t, slack.Scopes()...)
			f.slack.Answer("POST /conversations.list", http.StatusOK, `{"ok":true,"channels":[`+strings.Join(documents, ",")+`]}`)
		}
	}
	identity := func(status int, document string) func(*testing.T, *installation, fakes) {
		return func(_ *testing.T, _ *installation, f fakes) { f.slack.Answer("POST /auth.test", status, document) }
	}
	requireFailures(t, "slack", func(*testing.T, *installation, fakes) {}, map[string]failure{
		"the token is none": {
			identity(http.StatusOK, `{"ok":false,"error":"invalid_auth"}`),
			doctor.Problem, "Slack refuses auth.test (invalid_auth, HTTP 200)", "set MUSTER_SLACK_TOKEN to the bot token",
		},
		"Slack has trouble": {
			identity(http.StatusBadGateway, `no`), doctor.Problem, "Slack does not do its work: auth.test (HTTP 502)", "status page",
		},
		"something else answers": {
			identity(http.StatusOK, `<html>Sign in</html>`), doctor.Problem, "auth.test", "is the configured URL the vendor's?",
		},
		"nobody listens": {
			func(t *testing.T, i *installation, _ fakes) {
				i.vendors().Slack.APIURL = "http://" + closedPort + "/"
			},
			doctor.Problem, "connection refused", "MUSTER_SLACK_API_URL",
		},
		"a scope is missing": {
			func(t *testing.T, _ *installation, f fakes) {
				f.answerIdentity(t, strings.Split(strings.Replace(strings.Join(slack.Scopes(), ","), "pins:write,", "", 1), ",")...)
				f.slack.Answer("POST /conversations.list", http.StatusOK, `{"ok":true,"channels":[]}`)
			}, doctor.Problem, "the token lacks 1 scope (pins:write), needed for pins.add", "add pins:write to the Bot Token Scopes",
		},
		"an event's scope is missing": {
			func(t *testing.T, _ *installation, f fakes) {
				f.answerIdentity(t, slices.DeleteFunc(slack.Scopes(), func(scope string) bool { return scope == "reactions:read" })...)
				f.slack.Answer("POST /conversations.list", http.StatusOK, `{"ok":true,"channels":[]}`)
			}, doctor.Problem, "(reactions:read), needed for reaction_added, reaction_removed", "paste what muster slack manifest prints",
		},
		"a scope is of no use": {
			func(t *testing.T, _ *installation, f fakes) {
				f.answerIdentity(t, append(slack.Scopes(), "files:read")...)
				f.slack.Answer("POST /conversations.list", http.StatusOK, `{"ok":true,"channels":[]}`)
			}, doctor.Note, "it also has 1 scope, which Muster does not use: files:read", "",
		},
		"the scopes are not told": {
			func(_ *testing.T, _ *installation, f fakes) {
				f.slack.Answer("POST /auth.test", http.StatusOK, `{"ok":true,"team":"Sample","user":"muster","user_id":"U0MUSTER"}`)
				f.slack.Answer("POST /conversations.list", http.StatusOK, `{"ok":true,"channels":[]}`)
			}, doctor.Note, "Slack does not say which scopes the token has; Muster needs bookmarks:read", "",
		},
		"Socket Mode is refused": {
			func(t *testing.T, i *installation, f fakes) {
				channels()(t, i, f)
				i.vendors().Slack.AppToken = config.NewSecret("xapp-sample")
				f.slack.Answer("POST /apps.connections.open", http.StatusOK, `{"ok":false,"error":"missing_scope","needed":"connections:write","provided":""}`)
			}, doctor.Problem, "Slack refuses apps.connections.open (missing_scope, HTTP 200)", "set MUSTER_SLACK_APP_TOKEN",
		},
		"Socket Mode works": {
			func(t *testing.T, i *installation, f fakes) {
				channels()(t, i, f)
				i.vendors().Slack.AppToken = config.NewSecret("xapp-sample")
				f.slack.Answer("POST /apps.connections.open", http.StatusOK, `{"ok":true,"url":"wss://sample.slack.com/link"}`)
			}, doctor.Fine, "Slack lets Muster connect by Socket Mode", "",
		},
		"the running Muster has another signing secret": {
			func(t *testing.T, i *installation, f fakes) {
				channels()(t, i, f)
				i.hearSlack("another-signing-secret")
			}, doctor.Problem, "does not take what is signed with this signing secret", "give it the same MUSTER_SLACK_SIGNING_SECRET",
		},
		"the running Muster does not have the second secret yet": {
			func(t *testing.T, i *installation, f fakes) {
				channels()(t, i, f)
				i.vendors().Slack.SigningSecret = config.NewSecret("sample-signing, sample-second-secret")
				i.hearSlack("sample-signing")
			}, doctor.Problem, "does not take what is signed with this signing secret", "give it the same MUSTER_SLACK_SIGNING_SECRET",
		},
		"the running Muster has both secrets": {
			func(t *testing.T, i *installation, f fakes) {
				channels()(t, i, f)
				i.vendors().Slack.SigningSecret = config.NewSecret("sample-signing, sample-second-secret")
				i.hearSlack("sample-second-secret", "sample-signing")
			}, doctor.Fine, "/webhooks/slack takes what is signed with the signing secret", "",
		},
		"the running Muster is not connected": {
			channels(), doctor.Problem, "is not connected to Slack", "start it again with MUSTER_SLACK_TOKEN",
		},
		"something else keeps Slack out": {
			func(t *testing.T, i *installation, f fakes) {
				channels()(t, i, f)
				i.mux.HandleFunc("POST /webhooks/slack", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) })
			}, doctor.Problem, "/webhooks/slack does not take what Slack sends (HTTP 403)", "look whether a proxy",
		},
		"Muster is not running": {
			func(t *testing.T, i *installation, f fakes) {
				channels()(t, i, f)
				i.options.Settings.PublicURL = "http://" + closedPort
			}, doctor.Note, "whether Muster takes what Slack sends cannot be examined", "",
		},
		"what cannot be told": {
			channels(), doctor.Note, "which events, command and shortcuts the app has, Slack does not tell", "muster slack manifest",
		},
		"a channel for announcements is not there": {
			func(t *testing.T, i *installation, f fakes) {
				channels()(t, i, f)
				text, err := os.ReadFile(i.catalogue)
				require.NoError(t, err)
				i.options.Settings.CataloguePath = i.write("muster.yaml", string(text)+"\nannouncements: [{channel: \"#status\"}, {channel: \"#team-payments\"}]\nchat: {digest: {channel: \"#status\"}}\n", 0o600)
			}, doctor.Problem, "the channel status (for announcements, for the digest) does not exist, or is private", "announcements and digest in muster.yaml",
		},
		"a channel is not there": {
			channels(), doctor.Problem, "the channel team-payments (for payments) does not exist, or is private", "slack_channel in muster.yaml",
		},
		"the app is not in a channel": {
			channels(`{"id":"C0AAAAAAA","name":"team-payments"}`),
			doctor.Problem, "the app is not a member of #team-payments (for payments)", "/invite @muster",
		},
		"a channel is archived": {
			channels(`{"id":"C0AAAAAAA","name":"team-payments","is_member":true,"is_archived":true}`),
			doctor.Problem, "the channel #team-payments (for payments) is archived", "unarchive it",
		},
		"channels cannot be listed": {
			func(t *testing.T, _ *installation, f fakes) {
				f.answerIdentity(t, slack.Scopes()...)
				f.slack.Answer("POST /conversations.list", http.StatusOK, `{"ok":false,"error":"missing_scope","needed":"channels:read"}`)
			}, doctor.Problem, "Slack refuses conversations.list (missing_scope, HTTP 200)", "add the scope channels:read",
		},
	})
}

func TestTeamsThatPagerDutyDoesNotKnow(t *testing.T) {
	t.Parallel()
	prepare := func(_ *testing.T, _ *installation, f fakes) {
		f.pagerDuty.Answer("GET /users", http.StatusOK, `{"users":[{"email":"`+responder+`"}]}`)
		for _, service := range []string{"PCHKOUT", "PSEARCH", "PPAYMNT"} {
			f.pagerDuty.Answer("GET /services/"+service, http.StatusOK, pagerDutyService("Sample", "active", "POLICYA", eventsAPI))
		}
		f.pagerDuty.Answer("GET /oncalls", http.StatusOK, `{"oncalls":[{"escalation_policy":{"id":"POLICYA"},"user":{"id":"U1"}}]}`)
		f.pagerDuty.Answer("GET /schedules/PSTRSCH", http.StatusOK, schedule)
	}
	policy := func(status int, document string) func(*testing.T, *installation, fakes) {
		return func(_ *testing.T, _ *installation, f fakes) {
			f.pagerDuty.Answer("GET /escalation_policies/PSTRPOL", status, document)
		}
	}
	requireFailures(t, "pagerduty", prepare, map[string]failure{
		"a team's policy is not there": {
			policy(http.StatusNotFound, notFound), doctor.Problem, "there is no escalation policy PSTRPOL (for storefront)", "mend pagerduty: {escalation_policy: …} of the team",
		},
		"nobody is on call by a team's policy": {
			policy(http.StatusOK, `{"escalation_policy":{"id":"PSTRPOL","type":"escalation_policy"}}`),
			doctor.Warning, "nobody is on call now by the escalation policy PSTRPOL (for storefront)", "give it somebody",
		},
		"a team's policy may not be read": {
			policy(http.StatusForbidden, `{"error":{"message":"Access Denied","code":2010}}`), doctor.Problem, "PagerDuty refuses GET /escalation_policies/{id} (2010, HTTP 403)", "read access",
		},
		"a team's schedule is fine": {
			policy(http.StatusNotFound, notFound), doctor.Fine, "somebody is on call now by 1 of the 2 escalation policies and schedules of teams", "",
		},
	})
}

func TestPagerDutyThatIsWrong(t *testing.T) {
	t.Parallel()
	prepare := func(_ *testing.T, _ *installation, f fakes) {
		f.pagerDuty.Answer("GET /users", http.StatusOK, `{"users":[{"email":"`+responder+`"}]}`)
		f.pagerDuty.Answer("GET /services/PSEARCH", http.StatusOK, pagerDutyService("Search", "active", "POLICYA", eventsAPI))
		f.pagerDuty.Answer("GET /services/PPAYMNT", http.StatusOK, pagerDutyService("Payments", "active", "POLICYA", eventsAPI))
		f.pagerDuty.Answer("GET /oncalls", http.StatusOK, `{"oncalls":[{"escalation_policy":{"id":"POLICYA"},"user":{"id":"U1"}}]}`)
		f.pagerDuty.Answer("GET /schedules/PSTRSCH", http.StatusOK, schedule)
		f.pagerDuty.Answer("GET /escalation_policies/PSTRPOL", http.StatusNotFound, notFound)
	}
	checkout := func(status int, document string) func(*testing.T, *installation, fakes) {
		return func(_ *testing.T, _ *installation, f fakes) {
			f.pagerDuty.Answer("GET /services/PCHKOUT", status, document)
		}
	}
	hook := func(fields string) string {
		return `{"webhook_subscriptions":[{"id":"W1",` + fields + `,"delivery_method":{"url":"https://muster.example.com/webhooks/pagerduty"},"filter":{"id":"PTEAM","type":"team_reference"}}]}`
	}
	hooks := func(status int, document string) func(*testing.T, *installation, fakes) {
		return func(t *testing.T, i *installation, f fakes) {
			checkout(http.StatusNotFound, notFound)(t, i, f)
			i.vendors().PagerDuty.WebhookSecret, i.options.Settings.PublicURL = config.NewSecret("sample-secret"), "https://muster.example.com"
			f.pagerDuty.Answer("GET /webhook_subscriptions", status, document)
		}
	}
	requireFailures(t, "pagerduty", prepare, map[string]failure{
		"a service is not there": {
			checkout(http.StatusNotFound, notFound), doctor.Problem, "there is no service PCHKOUT (for checkout)", "muster.yaml",
		},
		"a service is disabled": {
			checkout(http.StatusOK, pagerDutyService("Checkout", "disabled", "POLICYA", eventsAPI)),
			doctor.Problem, "the service PCHKOUT (Checkout, for checkout) is disabled", "enable it in PagerDuty",
		},
		"a service has no integration for events": {
			checkout(http.StatusOK, pagerDutyService("Checkout", "active", "POLICYA", "generic_email_inbound_integration")),
			doctor.Problem, `has no integration of the type "Events API v2"`, "on the service's tab Integrations",
		},
		"a service has no escalation policy": {
			checkout(http.StatusOK, pagerDutyService("Checkout", "active", "", eventsAPI)), doctor.Problem, "has no escalation policy", "give it one",
		},
		"nobody is on call": {
			checkout(http.StatusOK, pagerDutyService("Checkout", "active", "POLICYB", eventsAPI)),
			doctor.Problem, "nobody is on call for the service PCHKOUT (Checkout, for checkout) now", "fill the schedule",
		},
		"a service is in maintenance": {
			checkout(http.StatusOK, pagerDutyService("Checkout", "maintenance", "POLICYA", eventsAPI)),
			doctor.Warning, "is in a maintenance window", "end the window",
		},
		"the key may not list webhooks": {
			hooks(http.StatusForbidden, `{"error":{"message":"Access Denied","code":2010}}`), doctor.Note, "the key may not list the account's webhooks", "",
		},
		"webhooks cannot be listed": {
			hooks(http.StatusInternalServerError, `{}`), doctor.Problem, "PagerDuty does not do its work", "status page",
		},
		"there is no webhook": {
			hooks(http.StatusOK, `{"webhook_subscriptions":[{"id":"W1","active":true,"delivery_method":{"url":"https://other.example.com"}}]}`),
			doctor.Warning, "PagerDuty has no webhook for", "Generic Webhooks (v3)",
		},
		"the webhook was switched off": {
			hooks(http.StatusOK, hook(`"active":false`)), doctor.Warning, "the webhook W1, for the team PTEAM, is switched off", "the secret may be another one",
		},
		"the webhook tells too little": {
			hooks(http.StatusOK, hook(`"active":true,"events":["incident.triggered","incident.acknowledged"]`)),
			doctor.Warning, "does not tell of incident.annotated, incident.conference_bridge.updated", "add these events",
		},
		"nobody acts for Muster": {
			func(t *testing.T, i *installation, f fakes) {
				checkout(http.StatusNotFound, notFound)(t, i, f)
				i.vendors().PagerDuty.From = ""
			}, doctor.Warning, "MUSTER_PAGERDUTY_FROM is not set: Muster can page, but", "a PagerDuty user that is Muster's own",
		},
		"the others are fine": {
			checkout(http.StatusNotFound, notFound), doctor.Fine, "2 services can be paged, and somebody is on call for each now", "",
		},
		"services may not be read": {
			checkout(http.StatusForbidden, `{"error":{"message":"Access Denied","code":2010}}`),
			doctor.Problem, "PagerDuty refuses GET /services (2010, HTTP 403)", "read access to services",
		},
		"nothing is said of services without one": {
			func(_ *testing.T, i *installation, _ fakes) {
				i.options.Settings.CataloguePath = i.write("muster.yaml", withoutAddresses, 0o600)
			}, doctor.Warning, "nobody can be paged for checkout", "pagerduty: {service: …}",
		},
		"the Events API is out of reach": {
			func(t *testing.T, i *installation, f fakes) {
				f.pagerDuty.Answer("GET /services/PCHKOUT", http.StatusNotFound, notFound)
				i.vendors().PagerDuty.EventsURL = "http://" + closedPort
			}, doctor.Problem, "the Events API, by which people are paged, cannot be reached: nothing listens", "MUSTER_PAGERDUTY_EVENTS_URL",
		},
	})
	t.Run("the key is none", func(t *testing.T) {
		t.Parallel()
		i := newInstallation(t)
		i.connectFakes()
		fake := vendortest.NewFake(t, "pagerduty")
		fake.Answer("GET /abilities", http.StatusUnauthorized, `{"error":{"message":"Authentication failed","code":2006}}`)
		i.vendors().PagerDuty.APIURL = fake.URL
		requireFinding(t, i.examine("pagerduty"), doctor.Problem, "PagerDuty refuses GET /abilities (2006, HTTP 401)", "set MUSTER_PAGERDUTY_TOKEN")
	})
}

func TestJiraThatIsWrong(t *testing.T) {
	t.Parallel()
	const whole = `{"key":"SHOP","name":"Shop","issueTypes":[{"id":"1","name":"Task"}]}`
	screen := func(fields string) func(*testing.T, *installation, fakes) {
		return func(_ *testing.T, _ *installation, f fakes) {
			f.jira.Answer("GET /rest/api/2/project/SHOP", http.StatusOK, strings.Replace(whole, `"1"`, `"2"`, 1))
			f.jira.Answer("GET /rest/api/2/mypermissions", http.StatusOK, permissions("BROWSE_PROJECTS", "CREATE_ISSUES", "ASSIGN_ISSUES", "LINK_ISSUES"))
			f.jira.Answer("GET /rest/api/2/issue/createmeta/SHOP/issuetypes/2", http.StatusOK, `{"fields":[`+fields+`]}`)
		}
	}
	all := []string{"BROWSE_PROJECTS", "CREATE_ISSUES", "ASSIGN_ISSUES", "LINK_ISSUES"}
	shop := func(status int, document string, has ...string) func(*testing.T, *installation, fakes) {
		return func(_ *testing.T, _ *installation, f fakes) {
			f.jira.Answer("GET /rest/api/2/project/SHOP", status, document)
			f.jira.Answer("GET /rest/api/2/mypermissions", http.StatusOK, permissions(has...))
		}
	}
	prepare := func(_ *testing.T, _ *installation, f fakes) {
		f.jira.Answer("GET /rest/api/2/project/PAY", http.StatusOK, `{"key":"PAY","name":"Payments","issueTypes":[{"id":"1","name":"Task"}]}`)
		f.jira.Answer("GET /rest/api/2/issue/createmeta/{key}/issuetypes/1", http.StatusOK, `{"fields":[{"fieldId":"labels"}]}`)
	}
	requireFailures(t, "jira", prepare, map[string]failure{
		"a project is not there": {
			shop(http.StatusNotFound, `{"errorMessages":["No project could be found with key 'SHOP'."],"errors":{}}`, all...),
			doctor.Problem, "there is no project SHOP (for checkout, search)", "Browse projects",
		},
		"a project has no tasks": {
			shop(http.StatusOK, `{"key":"SHOP","name":"Shop","issueTypes":[{"name":"Story"}]}`, all...),
			doctor.Problem, "the project SHOP has no issue type Task", "issue type scheme",
		},
		"tickets have no labels": {
			screen(`{"fieldId":"summary","name":"Summary","required":true}`),
			doctor.Problem, "tickets in the project SHOP cannot have labels", "put the field Labels on the project's create screen",
		},
		"tickets need what Muster does not know": {
			screen(`{"fieldId":"labels"},{"fieldId":"customfield_1","name":"Cost centre","required":true}`),
			doctor.Problem, "the project SHOP asks for fields that Muster does not fill: Cost centre", "make them optional",
		},
		"no ticket may be filed": {
			shop(http.StatusOK, whole, "BROWSE_PROJECTS", "ASSIGN_ISSUES", "LINK_ISSUES"),
			doctor.Problem, "lacks the permission Create issues in the project SHOP: follow-ups cannot be filed", "CREATE_ISSUES",
		},
		"nobody may be assigned": {
			shop(http.StatusOK, whole, "BROWSE_PROJECTS", "CREATE_ISSUES", "LINK_ISSUES"),
			doctor.Warning, "lacks the permission Assign issues", "ASSIGN_ISSUES",
		},
		"what only warns leaves the project usable": {
			shop(http.StatusOK, whole, "BROWSE_PROJECTS", "CREATE_ISSUES"), doctor.Fine, "follow-ups can be filed and followed in 2 projects", "",
		},
		"projects may not be read": {
			shop(http.StatusForbidden, `{"errorMessages":["no"],"errors":{}}`, all...),
			doctor.Problem, "Jira refuses GET /project (HTTP 403)", "give it the permission in the project",
		},
		"webhooks prove nothing": {
			func(t *testing.T, i *installation, f fakes) {
				shop(http.StatusOK, whole, all...)(t, i, f)
				i.vendors().Jira.WebhookSecret = config.Secret{}
			}, doctor.Warning, "MUSTER_JIRA_WEBHOOK_SECRET is not set", "System, WebHooks",
		},
		"follow-ups are filed nowhere": {
			func(_ *testing.T, i *installation, _ fakes) {
				i.options.Settings.CataloguePath = i.write("muster.yaml", withoutAddresses, 0o600)
			}, doctor.Warning, "follow-ups of checkout are filed nowhere", "jira: {project: …}",
		},
	})
	t.Run("the token is none", func(t *testing.T) {
		t.Parallel()
		i := newInstallation(t)
		i.connectFakes()
		fake := vendortest.NewFake(t, "jira")
		fake.Answer("GET /rest/api/2/myself", http.StatusUnauthorized, `{"message":"Client must be authenticated."}`)
		i.vendors().Jira.URL = fake.URL
		requireFinding(t, i.examine("jira"), doctor.Problem, "Jira refuses GET /myself (HTTP 401)", "set MUSTER_JIRA_USER and MUSTER_JIRA_TOKEN")
	})
	t.Run("the address is none", func(t *testing.T) {
		t.Parallel()
		i := newInstallation(t)
		i.connectFakes()
		i.vendors().Jira.URL = "example.atlassian.net"
		requireFinding(t, i.examine("jira"), doctor.Problem, "is not one like https://sample.atlassian.net", "MUSTER_JIRA_URL")
	})
}

func TestTheExaminationOfASandboxLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	i := newInstallation(t).connect()
	state := func() string {
		response, err := http.Get(i.url + "/sandbox/state")
		require.NoError(t, err)
		defer response.Body.Close()
		var text strings.Builder
		_, err = io.Copy(&text, response.Body)
		require.NoError(t, err)
		return text.String()
	}
	before := state()
	require.True(t, i.examine().Healthy)
	require.Equal(t, before, state(), "no message, page, ticket, mail or notice")
}
