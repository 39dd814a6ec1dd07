package slack_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/integrations/vendortest"
)

// person is somebody whose account's id is their name.
func person(name string) incident.Person {
	return incident.Person{Name: name, Email: name + "@example.com"}
}

func TestInvite(t *testing.T) {
	t.Parallel()
	for title, row := range map[string]struct {
		people []incident.Person
		// answers to inviting an account, by id; others are accepted
		answers map[string]string
		want    []incident.Person
		wantErr string
	}{
		"brings in everybody who is known": {
			people: []incident.Person{person("ada"), person("ben")},
			want:   []incident.Person{person("ada"), person("ben")},
		},
		"skips who is unknown, has left or has no address": {
			people: []incident.Person{person("unknown"), {Name: "ada"}, person("left"), person("ben")},
			want:   []incident.Person{person("ben")},
		},
		"needs no address of those whose account is known": {
			people: []incident.Person{{Name: "guest", Account: "U0GUEST"}, {Name: "left", Account: "none"}},
			want:   []incident.Person{{Name: "guest", Account: "U0GUEST"}},
		},
		"invites nobody twice": {
			people: []incident.Person{person("ada"), person("ada")},
			want:   []incident.Person{person("ada")},
		},
		"counts who is in the channel already": {
			people:  []incident.Person{person("ada"), person("ben")},
			answers: map[string]string{"ada": refusal("already_in_channel"), "ben": refusal("cant_invite_self")},
			want:    []incident.Person{person("ada"), person("ben")},
		},
		"goes on after a guest who may not join": {
			people:  []incident.Person{person("guest"), person("ben")},
			answers: map[string]string{"guest": refusal("user_is_restricted")},
			want:    []incident.Person{person("ben")},
		},
		"stops where the channel is the trouble and says who came in": {
			people:  []incident.Person{person("ada"), person("ben"), person("cleo")},
			answers: map[string]string{"ben": refusal("is_archived")},
			want:    []incident.Person{person("ada")},
			wantErr: "unarchive it",
		},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			client, fake := newClient(t)
			fake.Handle("POST /api/users.lookupByEmail", func(w http.ResponseWriter, r *http.Request) {
				answer := refusal("users_not_found")
				for _, id := range []string{"ada", "ben", "cleo", "guest"} {
					if r.FormValue("email") == id+"@example.com" {
						answer = `{"ok":true,"user":{"id":"` + id + `"}}`
					}
				}
				if r.FormValue("email") == "left@example.com" {
					answer = `{"ok":true,"user":{"id":"left","deleted":true}}`
				}
				vendortest.WriteJSON(t, w, http.StatusOK, answer)
			})
			fake.Handle("POST /api/conversations.invite", func(w http.ResponseWriter, r *http.Request) {
				answer, special := row.answers[r.FormValue("users")]
				if !special {
					answer = accepted
				}
				vendortest.WriteJSON(t, w, http.StatusOK, answer)
			})

			invited, err := client.Invite(t.Context(), channelID, row.people)
			if row.wantErr == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, row.wantErr)
			}
			require.Equal(t, row.want, invited)
		})
	}
}
