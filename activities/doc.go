// Package activities is what a workflow may do to the world.
//
// An action of the playbook language is one method here: it takes an [playbooks.Effect] and
// answers with an [incident.Outcome]. Each may be repeated safely: every change of
// the world carries a key derived from the incident and the step, the same on every
// attempt ([Activities.key]), by which a vendor recognises a repetition or by which we
// find what an earlier attempt left.
//
// The vendors themselves are behind the ports declared in ports.go, which the packages
// below integrations satisfy without importing this one. Failures say by themselves
// whether trying again can help; [vendorError] turns that into what Temporal
// understands.
package activities
