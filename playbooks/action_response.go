package playbooks

// responseActions tell people: by pager, chat, tickets and mail.
var responseActions = []Action{
	{
		Name: PagerDutyPage, Doc: "Pages whoever is on call for the incident's service. The pager takes a repeated page for the same one.",
		Parameters: []Parameter{
			{Name: "summary", Doc: "The line a woken person reads first.", Required: true},
			{
				Name: "details", Doc: "Whether the page also carries the incident's summary and its alerts; false for one that few may know of.",
				Default: "true", Options: []string{"true", "false"},
			},
			{
				Name: "acknowledge", Doc: "Whether the incident's acknowledgement is that of the page too; false for one that is to wake people although somebody has acknowledged.",
				Default: "true", Options: []string{"true", "false"},
			},
		},
		Outputs: []Output{
			{Name: "key", Doc: "What the pager knows the page by.", Type: TextOutput},
			{Name: "on_call", Doc: "The names of those who are on call, separated by commas; empty if the pager does not say.", Type: TextOutput},
		},
	},
	{Name: PagerDutyAcknowledge, Doc: "Acknowledges every page of the incident, which stops the pager's escalation."},
	{Name: PagerDutyResolve, Doc: "Resolves every page of the incident."},
	{
		Name: PagerDutyRequest, Doc: "Answers a help_requested event: asks the person, or whoever is on call by the team's escalation policy, to help with the incident's page, or pages whoever is on call for the service. Asking again changes nothing.",
		Parameters: []Parameter{{
			Name: "details", Doc: "Whether they are told what it is about; false for an incident that few may know of.",
			Default: "true", Options: []string{"true", "false"},
		}},
		Outputs: []Output{{Name: "asked", Doc: "Who was asked, in words.", Type: TextOutput}},
	},
	{
		Name: PagerDutyNote, Doc: "Adds a note to the incident's open pages. It carries a marker, by which a repetition finds it.",
		Parameters: []Parameter{{Name: "text", Doc: "The note.", Required: true}},
	},
	{
		Name: PagerDutySetPriority, Doc: "Gives the incident's open pages the priority that is named like the severity. Where PagerDuty has none of that name, it says so and does nothing.",
		Outputs: []Output{{Name: "priority", Doc: "The priority's name; empty where there is none.", Type: TextOutput}},
	},
	{
		Name: SlackCreateChannel, Doc: "Opens the incident's channel. A channel that an earlier attempt created is adopted.",
		Parameters: []Parameter{
			{Name: "name", Doc: "The channel's name; what the chat does not allow is left out.", Required: true},
			{Name: "topic", Doc: "The line above the channel."},
			{Name: "purpose", Doc: "What the channel is for."},
			{
				Name: "private", Doc: "Whether only those see the channel who are invited. The app needs the scopes groups:read, groups:write and groups:history for it.",
				Default: "false", Options: []string{"true", "false"},
			},
		},
		Outputs: []Output{
			{Name: "id", Doc: "The channel's id.", Type: TextOutput},
			{Name: "name", Doc: "The channel's name.", Type: TextOutput},
			{Name: "url", Doc: "Where the channel is.", Type: TextOutput},
		},
	},
	{
		Name: SlackSetTopic, Doc: "Sets the line above the channel.",
		Parameters: []Parameter{{Name: "topic", Doc: "The new topic.", Required: true}},
	},
	{
		Name: SlackPost, Doc: "Says something in the incident's channel, once.",
		Parameters: []Parameter{
			{Name: "text", Doc: "What to say; *bold* and line breaks are understood.", Required: true},
			{Name: "links", Doc: "Links shown below the text, separated by spaces: incident, postmortem, runbooks, ticket."},
			{Name: "pin", Doc: "Whether to keep the message at hand.", Default: "false", Options: []string{"true", "false"}},
			{Name: "to", Doc: "Who is mentioned: a role's id, on_call, or a name or e-mail address. While nobody holds the role, nobody is.", Type: PersonParameter},
			{Name: "buttons", Doc: "Buttons below the text, separated by spaces: " + buttonNames() + ".", Type: ButtonsParameter},
		},
		Outputs: []Output{{Name: "url", Doc: "Where the message is.", Type: TextOutput}},
	},
	{
		Name: SlackBrief, Doc: "Keeps the brief in the incident's channel: one pinned message with how things stand and buttons for what people do most. The first time it is posted, from then on it is edited in place.",
		Parameters: []Parameter{
			{Name: "links", Doc: "Links below it, separated by spaces: incident, postmortem, runbooks, temporal.", Default: "incident runbooks temporal"},
		},
		Outputs: []Output{{Name: "url", Doc: "Where the message is.", Type: TextOutput}},
	},
	{
		Name: SlackPrompts, Doc: "Brings messages with buttons in the incident's channel up to date, the latest 200 messages of it: buttons whose matter is settled go, and a line says what became of it, by whom and when.",
	},
	{
		Name: SlackAnnounce, Doc: "Tells others than the responders, in the channels that announcements in muster.yaml name for the service and the severity. The first time it posts a message with how things stand, which is edited in place from then on; a text is posted in its thread. Without such channels it does nothing. Of a restricted incident nobody is told.",
		Parameters: []Parameter{{Name: "text", Doc: "What is new, for the thread; *bold* and line breaks are understood."}},
	},
	{
		Name: SlackNotify, Doc: "Tells everybody who follows the incident, its service or its severity, in a private message, once.",
		Parameters: []Parameter{{Name: "text", Doc: "What to say; *bold* and line breaks are understood.", Required: true}},
		Outputs:    []Output{{Name: "told", Doc: "How many people were told.", Type: NumberOutput}},
	},
	{
		Name: SlackBookmark, Doc: "Adds the incident's page to the bookmarks above the channel.",
		Parameters: []Parameter{{Name: "title", Doc: "What the bookmark is called.", Required: true}},
	},
	{
		Name: SlackInvite, Doc: "Invites people to the channel.",
		Parameters: []Parameter{
			{Name: "to", Doc: "Who is invited: on_call for whoever is on call for the incident's service now, a role's id, or a name or e-mail address.", Default: "on_call", Type: PersonParameter},
		},
		Outputs: []Output{{Name: "invited", Doc: "The names of those who were, separated by commas.", Type: TextOutput}},
	},
	{
		Name: SlackAlert, Doc: "Says something in a channel that people watch, once. It needs no channel of the incident.",
		Parameters: []Parameter{
			{Name: "text", Doc: "What to say; *bold* and line breaks are understood.", Required: true},
			{Name: "channel", Doc: "The channel's name or id; left out, that of the incident's fallback."},
			{Name: "links", Doc: "Links shown below the text, separated by spaces: incident, postmortem, runbooks, ticket."},
		},
		Outputs: []Output{{Name: "url", Doc: "Where the message is.", Type: TextOutput}},
	},
	{
		Name: JiraCreateIssue, Doc: "Files a ticket for the follow-up that was added. A ticket that an earlier attempt filed is adopted.",
		Parameters: []Parameter{
			{Name: "title", Doc: "The ticket's summary.", Required: true},
			{Name: "description", Doc: "The ticket's text; links back to the incident are added."},
		},
		Outputs: []Output{
			{Name: "key", Doc: "The ticket's key; empty where none was filed.", Type: TextOutput},
			{Name: "url", Doc: "Where the ticket is.", Type: TextOutput},
		},
	},
	{
		Name: PostmortemDraft, Doc: "Drafts the postmortem from the incident's events.",
		Outputs: []Output{{Name: "url", Doc: "Where the draft is.", Type: TextOutput}},
	},
	{
		Name: MailSend, Doc: "Sends an e-mail. A repetition has the same Message-ID, so that mailboxes can recognise it.",
		Parameters: []Parameter{
			{Name: "subject", Doc: "The subject, one line.", Required: true},
			{Name: "text", Doc: "The mail, as plain text.", Required: true},
			{Name: "to", Doc: "Addresses, separated by commas; left out, those of the incident's fallback."},
			{Name: "links", Doc: "Links listed below the text, separated by spaces: incident, postmortem, runbooks, ticket."},
		},
		Outputs: []Output{
			{Name: "accepted", Doc: "To how many addresses the mail server sends it.", Type: NumberOutput},
			{Name: "refused", Doc: "How many addresses it refused.", Type: NumberOutput},
		},
	},
	{
		Name: WebhookPost, Doc: "Tells the fallback webhook of the incident. A repetition has the same Idempotency-Key.",
		Parameters: []Parameter{{Name: "text", Doc: "Why people are needed.", Required: true}},
	},
}

// ownActions are done to the incident itself.
var ownActions = []Action{
	{
		Name: UpdatePost, Doc: "Gives a status update, as a person would. A repetition changes nothing.",
		Parameters: []Parameter{{Name: "text", Doc: "What those who are affected are to know.", Required: true}},
	},
	{
		Name: NoteAdd, Doc: "Writes a note into the timeline. A repetition changes nothing.",
		Parameters: []Parameter{{Name: "text", Doc: "What is to be remembered.", Required: true}},
	},
	{
		Name: FollowupAdd, Doc: "Adds a follow-up: work for after the incident. A repetition changes nothing.",
		Parameters: []Parameter{
			{Name: "title", Doc: "What is to be done.", Required: true},
			{Name: "owner", Doc: "Who is to do it: an e-mail address or a name."},
			{Name: "due", Doc: "The day by which it should be done, or how long from now: 2026-11-30, 7d, 2w, 36h.", Default: "7d", Type: DayParameter},
		},
	},
	{
		Name: IncidentResolve, Doc: "Resolves the incident, as a person would. One that is not active stays as it is.",
		Parameters: []Parameter{{Name: "summary", Doc: "What ended it.", Required: true}},
	},
	{
		Name: PlaybookRun, Doc: "Runs another playbook beside this one: its steps and hooks become part of the response.",
		Parameters: []Parameter{{Name: "playbook", Doc: "The playbook's name.", Required: true}},
	},
}
