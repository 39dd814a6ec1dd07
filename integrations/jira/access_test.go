package jira_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/integrations/jira"
)

const (
	readProject    = "GET /rest/api/2/project/PAY"
	project        = `{"id":"10000","key":"PAY","name":"Payments","issueTypes":[{"id":"1","name":"Task"}]}`
	myPermissions  = "GET /rest/api/2/mypermissions"
	permissionPath = "/rest/api/2/mypermissions"
	createScreen   = "GET /rest/api/2/issue/createmeta/PAY/issuetypes/1"
	screenPath     = "/rest/api/2/issue/createmeta/PAY/issuetypes/1"
)

// allowed is how Jira says which of four permissions an account has.
func allowed(browse, create, assign, link string) string {
	return `{"permissions":{"BROWSE_PROJECTS":{"havePermission":` + browse + `},"CREATE_ISSUES":{"havePermission":` + create +
		`},"ASSIGN_ISSUES":{"havePermission":` + assign + `},"LINK_ISSUES":{"havePermission":` + link + `}}}`
}

func TestAccountSaysWhoseTokenItIs(t *testing.T) {
	t.Parallel()
	client, fake := newClient(t)
	fake.Answer("GET /rest/api/2/myself", http.StatusOK, `{"accountId":"5b10","displayName":"Muster","emailAddress":"responder@example.com"}`)
	name, err := client.Account(t.Context())
	require.NoError(t, err)
	require.Equal(t, "Muster", name)
}

func TestAccountSaysWhatToSetWhenTheTokenIsWrong(t *testing.T) {
	t.Parallel()
	client, fake := newClient(t)
	fake.Answer("GET /rest/api/2/myself", http.StatusUnauthorized, `{"message":"Client must be authenticated to access this resource."}`)
	_, err := client.Account(t.Context())
	require.ErrorContains(t, err, "set MUSTER_JIRA_USER and MUSTER_JIRA_TOKEN")
}

func TestAccountDoesNotTakeAnotherSiteForJira(t *testing.T) {
	t.Parallel()
	client, fake := newClient(t)
	fake.Answer("GET /rest/api/2/myself", http.StatusOK, `{}`)
	_, err := client.Account(t.Context())
	require.ErrorContains(t, err, "lacks the account's name")
}

func TestStandingSaysWhatCanBeDoneInAProject(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		project, permissions string
		hasType              bool
		lacking              []string
	}{
		"everything":               {project, allowed("true", "true", "true", "true"), true, nil},
		"no ticket can be filed":   {project, allowed("true", "false", "true", "true"), true, []string{"CREATE_ISSUES"}},
		"nothing but browsing":     {project, allowed("true", "false", "false", "false"), true, []string{"CREATE_ISSUES", "ASSIGN_ISSUES", "LINK_ISSUES"}},
		"a permission is not told": {project, `{"permissions":{}}`, true, []string{"BROWSE_PROJECTS", "CREATE_ISSUES", "ASSIGN_ISSUES", "LINK_ISSUES"}},
		"no type Task": {
			`{"id":"10000","key":"PAY","name":"Payments","issueTypes":[{"id":"2","name":"Bug"}]}`, allowed("true", "true", "true", "true"), false, nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, fake := newClient(t)
			fake.Answer(readProject, http.StatusOK, test.project)
			fake.Answer(myPermissions, http.StatusOK, test.permissions)
			fake.Answer(createScreen, http.StatusOK, `{"fields":[{"fieldId":"labels","name":"Labels"}],"total":1}`)
			standing, err := client.Standing(t.Context(), "PAY")
			require.NoError(t, err)
			require.True(t, standing.Exists)
			require.Equal(t, "Payments", standing.Name)
			require.Equal(t, test.hasType, standing.HasType)
			var lacking []string
			for _, permission := range standing.Lacking {
				lacking = append(lacking, permission.Key)
			}
			require.Equal(t, test.lacking, lacking)
			asked := fake.Requests(permissionPath)
			require.Len(t, asked, 1)
			require.Equal(t, "PAY", asked[0].Query.Get("projectKey"))
		})
	}
}

func TestStandingOfAProjectThatIsNotThere(t *testing.T) {
	t.Parallel()
	client, fake := newClient(t)
	fake.Answer(readProject, http.StatusNotFound, `{"errorMessages":["No project could be found with key 'PAY'."],"errors":{}}`)
	standing, err := client.Standing(t.Context(), "PAY")
	require.NoError(t, err)
	require.Equal(t, jira.Standing{Key: "PAY"}, standing)
}

func TestStandingRefusesWhatIsNoKey(t *testing.T) {
	t.Parallel()
	client, _ := newClient(t)
	_, err := client.Standing(t.Context(), "../myself")
	require.ErrorContains(t, err, "is not the key of a Jira project")
}

func TestStandingKnowsTheCreateScreen(t *testing.T) {
	t.Parallel()
	const usual = `{"fieldId":"summary","name":"Summary","required":true},{"fieldId":"reporter","name":"Reporter","required":true,"hasDefaultValue":true}`
	for name, test := range map[string]struct {
		pages []string
		want  jira.Screen
	}{
		"it has labels": {
			[]string{`{"fields":[` + usual + `,{"fieldId":"labels","name":"Labels"}],"total":3}`}, jira.Screen{Known: true, Labels: true},
		},
		"it has none": {[]string{`{"fields":[` + usual + `],"total":2}`}, jira.Screen{Known: true}},
		"they are on the second page": {
			[]string{`{"fields":[` + usual + `],"total":3}`, `{"fields":[{"fieldId":"labels","name":"Labels"}],"total":3}`}, jira.Screen{Known: true, Labels: true},
		},
		"it asks for what Muster does not know": {
			[]string{`{"fields":[{"fieldId":"labels","name":"Labels"},{"fieldId":"customfield_1","name":"Cost centre","required":true},` +
				`{"fieldId":"priority","name":"Priority","required":true,"hasDefaultValue":true}],"total":3}`},
			jira.Screen{Known: true, Labels: true, Unfilled: []string{"Cost centre"}},
		},
		"it never ends": {[]string{`{"fields":[` + usual + `],"total":100000}`}, jira.Screen{Known: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, fake := newClient(t)
			fake.Answer(readProject, http.StatusOK, project)
			fake.Answer(myPermissions, http.StatusOK, allowed("true", "true", "true", "true"))
			fake.Answer(createScreen, http.StatusOK, test.pages...)
			standing, err := client.Standing(t.Context(), "PAY")
			require.NoError(t, err)
			require.Equal(t, test.want, standing.Screen)
			require.LessOrEqual(t, len(fake.Requests(screenPath)), 5)
		})
	}
}

func TestTheCreateScreenIsNotAskedForWhereNothingCanBeFiled(t *testing.T) {
	t.Parallel()
	client, fake := newClient(t)
	fake.Answer(readProject, http.StatusOK, project)
	fake.Answer(myPermissions, http.StatusOK, allowed("true", "false", "true", "true"))
	standing, err := client.Standing(t.Context(), "PAY")
	require.NoError(t, err)
	require.Zero(t, standing.Screen)
}
