// Package scenario is the language in which a playbook is tested: YAML files that say what
// happens in an incident and what must come of it, "disk-full.test.yaml" beside the playbook.
//
// [Parse] reads a file and finds what is wrong with it, [Suite] rehearses every scenario on the
// real workflows in virtual time and judges the record. docs/scenarios.md is the reference.
package scenario
