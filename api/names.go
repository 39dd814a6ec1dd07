package api

import (
	"fmt"
	"net/http"
	"strings"

	"muster/config"
	"muster/incident"
)

// service finds a service by name or alias, and says which there are when it cannot.
func (s *Server) service(name string) (string, error) {
	if found, ok := s.catalogue.Service(strings.TrimSpace(name)); ok {
		return found.Name, nil
	}
	return "", unknownName("service", name, s.serviceNames())
}

// severity finds a severity by name or alias, and says which there are when it cannot.
func (s *Server) severity(name string) (incident.Severity, error) {
	if found, ok := s.catalogue.Severity(strings.TrimSpace(name)); ok {
		return incident.Severity(found.Name), nil
	}
	known := each(s.catalogue.Scale(), func(s config.Severity) string { return s.Name })
	return "", unknownName("severity", name, known)
}

func unknownName(field, name string, known []string) error {
	return unknownIn("body."+field, field, name, known)
}

func unknownIn(place, what, name string, known []string) error {
	message := fmt.Sprintf("there is no %s %s; there are %s", what, quoted(name), strings.Join(known, ", "))
	return newProblem(http.StatusUnprocessableEntity, "%s", message).at(place, message)
}

// canonicalService is the name as the catalogue writes it, or what was given: an
// incident may be about a service that has since left the catalogue.
func (s *Server) canonicalService(name string) string {
	if known, err := s.service(name); err == nil {
		return known
	}
	return strings.TrimSpace(name)
}

// canonicalSeverity is the name as the catalogue writes it, or what was given: an
// incident keeps the scale that it was declared with.
func (s *Server) canonicalSeverity(name string) incident.Severity {
	if known, err := s.severity(name); err == nil {
		return known
	}
	return incident.Severity(strings.TrimSpace(name))
}

// quotedRunes is how much of a caller's text an error repeats.
const quotedRunes = 60

func quoted(text string) string {
	if runes := []rune(text); len(runes) > quotedRunes {
		text = string(runes[:quotedRunes]) + "…"
	}
	return fmt.Sprintf("%q", text)
}

func joined[T ~string](names []T) string {
	return strings.Join(each(names, func(name T) string { return string(name) }), ", ")
}
