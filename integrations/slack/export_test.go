package slack

// ScopesOfMethods is the table of what each method needs.
var ScopesOfMethods = scopes
