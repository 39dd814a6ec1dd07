// Package config holds what an operator decides about Muster: the catalogue
// in muster.yaml and the settings that come from flags and the environment.
//
// # The catalogue
//
// muster.yaml says which services there are and who owns them, how severe an
// incident can be, and which service and severity an alert means. [Load] and
// [Parse] read it strictly: every mistake they find is reported at once, as
// [Findings], each with its line, its column and what to mend. A [Catalogue]
// that they return is whole: every reference in it leads somewhere, so the code
// that uses it needs no error path. It never changes and may be shared.
//
// [Catalogue.Route] turns the labels of any alert into a service, a severity
// and a playbook. It cannot fail: a label that nobody has heard of falls back to
// the catalogue's defaults and leaves a note for the timeline, because a page
// that goes to the wrong team is better than a page that goes nowhere.
//
// [Sample] is a complete catalogue for trying Muster out, and [SampleYAML] its
// commented source, which is also the reference of the format.
//
// # The settings
//
// [Settings] and the groups it consists of carry kong tags, so that a
// subcommand embeds exactly the groups it needs and gets their flags,
// environment variables, defaults and checks:
//
//	type ServerCommand struct {
//		config.HTTP
//		config.Production
//	}
//
// Credentials are of type [Secret] and come from the environment only, since
// flags show in process lists. Each may instead come from a file that the
// variable with the suffix _FILE names. See [Variables] for the list.
//
// TEMPORAL_ADDRESS and its companions are Temporal's own and are read by its
// SDK; this package only tells whether the address is set.
package config
