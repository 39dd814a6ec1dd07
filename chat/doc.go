// Package chat is the language in which Muster and a chat speak to each other: what can be
// shown there ([Card], [Form]), and what people do there ([Act]).
//
// It belongs to no vendor. A vendor's package, such as integrations/slack, shows cards and
// forms as its chat can, and reads what people did there into acts. What is shown is
// composed in chat/card, and what people want of it is understood in api/cockpit; neither
// knows which chat it is. Another chat needs a package that does for it what
// integrations/slack does for Slack, and nothing else.
//
// Texts are made of spans, each of which says what it is ([Text]). A vendor escapes all that
// is not meant as markup, so that nothing that an alert or a person wrote can mention a
// channel, link somewhere or break out of its place.
//
// Limits of length and number are the vendors' business: whoever composes a card puts first
// what matters most, and the vendor leaves out of the rest what does not fit, in a way that
// people can read.
package chat
