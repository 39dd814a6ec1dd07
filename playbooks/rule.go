package playbooks

import "slices"

// Rule is something that a check looks at.
type Rule struct {
	// ID names it in findings and for tools: "unknown-step".
	ID string
	// Doc says what has to be so.
	Doc string
	// Severity is that of its findings.
	Severity Severity
}

// Rules are all that is looked at, sorted by id.
func Rules() []Rule { return slices.Clone(rules) }

// The ids of the rules.
const (
	ruleApproval          = "approval"
	ruleComposition       = "composition"
	ruleCycle             = "cycle"
	ruleDeadEnd           = "dead-end"
	ruleDecision          = "decision"
	ruleDuplicateID       = "duplicate-id"
	ruleDuplicatePlaybook = "duplicate-playbook"
	ruleEmptyHere         = "empty-here"
	ruleExpression        = "expression"
	ruleFailure           = "on-failure"
	ruleGroup             = "group"
	ruleHook              = "hook"
	ruleInvalidID         = "invalid-id"
	ruleInvalidParameter  = "invalid-parameter"
	ruleInvalidValue      = "invalid-value"
	ruleKept              = "keeps-former"
	ruleKind              = "step-kind"
	ruleLimit             = "limit"
	ruleLink              = "link"
	ruleMissing           = "missing-key"
	ruleMissingFallback   = "missing-fallback"
	ruleMissingParameter  = "missing-parameter"
	ruleNeverTrue         = "never-true"
	ruleNoChannel         = "no-channel"
	ruleRepeat            = "repeat"
	ruleRetry             = "retry"
	ruleSecret            = "secret"
	ruleSyntax            = "syntax"
	ruleTimeout           = "timeout"
	ruleUnheard           = "unheard"
	ruleUnknownAction     = "unknown-action"
	ruleUnknownKey        = "unknown-key"
	ruleUnknownName       = "unknown-name"
	ruleUnknownOption     = "unknown-option"
	ruleUnknownOutput     = "unknown-output"
	ruleUnknownParameter  = "unknown-parameter"
	ruleUnknownRole       = "unknown-role"
	ruleUnknownStep       = "unknown-step"
	ruleUnknownTrigger    = "unknown-trigger"
	ruleUnreachable       = "unreachable"
	ruleWait              = "wait"
)

var rules = []Rule{
	{ruleApproval, "An approval asks for no more people than may approve, and for at least one.", Error},
	{ruleComposition, "What a playbook builds on, adds to or runs can be put together with it.", Error},
	{ruleCycle, "No step waits for itself.", Error},
	{ruleDeadEnd, "Every option of a decision leads somewhere, or is meant to lead nowhere.", Note},
	{ruleDecision, "A decision has at least two options, each with an id of its own and a title.", Error},
	{ruleDuplicateID, "Ids are used once among roles, once among hooks, and once among steps and groups.", Error},
	{ruleDuplicatePlaybook, "Every playbook has a name of its own.", Error},
	{ruleEmptyHere, "An expression uses only what is filled in at its place.", Warning},
	{ruleExpression, "Every expression can be understood and gives what is needed at its place.", Error},
	{ruleGroup, "A group has steps, and nothing that only a step can have.", Error},
	{ruleHook, "A hook has a trigger and something to do, and only the keys that go with its trigger.", Error},
	{ruleInvalidID, "Names and ids begin with a lower-case letter and hold lower-case letters, digits, - and _, 40 at most.", Error},
	{ruleInvalidParameter, "A parameter's value is of the kind that the action takes.", Error},
	{ruleInvalidValue, "A value is of the kind that its key takes, and within its bounds.", Error},
	{ruleKept, "What others extend can be built on by them when another takes its place.", Note},
	{ruleLimit, "A playbook is of a size that people can follow.", Error},
	{ruleLink, "Links have a title and lead to http or https addresses.", Error},
	{ruleMissingFallback, "A playbook that pages says what happens when the page does not arrive or nobody answers.", Warning},
	{ruleMissing, "What must be given is given.", Error},
	{ruleMissingParameter, "An action has the parameters that it needs.", Error},
	{ruleNeverTrue, "What is compared can be equal: the status, severity, service, team, state or event exists.", Error},
	{ruleNoChannel, "What is said in the incident's channel comes after the step that opens it.", Warning},
	{ruleFailure, "on_failure is ask, continue or stop.", Error},
	{ruleRepeat, "A step is repeated at most once a minute.", Error},
	{ruleRetry, "Only an automatic step is tried again.", Error},
	{ruleSecret, "Secrets stand only in parameters that take them, and are named by a plain text.", Error},
	{ruleKind, "A step is of exactly one kind: do, approval, decide, wait, or none of them for people.", Error},
	{ruleSyntax, "The file can be read as YAML.", Error},
	{ruleTimeout, "A timeout nudges, escalates and ends in this order, and ends in a way that the step's kind has.", Error},
	{ruleUnheard, "A hook hears of what it asks about, and where a step takes long, a hook hears of it.", Warning},
	{ruleUnknownAction, "Every action exists.", Error},
	{ruleUnknownKey, "Every key exists.", Error},
	{ruleUnknownName, "Every name in an expression exists.", Error},
	{ruleUnknownOption, "Every option that is referred to exists.", Error},
	{ruleUnknownOutput, "An output that is used is given by the action of a step that was done before.", Error},
	{ruleUnknownParameter, "Every parameter is one of its action's.", Error},
	{ruleUnknownRole, "Every role that is referred to exists.", Error},
	{ruleUnknownStep, "Every step that is referred to exists.", Error},
	{ruleUnknownTrigger, "Every trigger exists.", Error},
	{ruleUnreachable, "Every step can start.", Error},
	{ruleWait, "A wait says what it waits for.", Error},
}

// severityOf is the severity of a rule's findings.
func severityOf(rule string) Severity {
	for _, r := range rules {
		if r.ID == rule {
			return r.Severity
		}
	}
	return Error
}
