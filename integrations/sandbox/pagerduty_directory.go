package sandbox

import (
	"context"
	"net/http"
	"strings"
)

// The directory (services, people, who is on call) is derived from the configuration and
// never changes while the sandbox runs.

// service returns a configured service and its place in the configuration.
func (s *Sandbox) service(id string) (service Service, position int, ok bool) {
	for i, service := range s.options.PagerDutyServices {
		if service.ID == id {
			return service, i, true
		}
	}
	return Service{}, 0, false
}

func integrationID(serviceID string) string { return "IN" + serviceID }

func (s *Sandbox) serviceReference(service Service) object {
	return s.reference("service", "services", service.ID, service.Name)
}

func (s *Sandbox) userReference(p person) object {
	return s.reference("user", "users", p.pagerDutyID, p.name)
}

func (s *Sandbox) serviceDocument(service Service, withIntegrations bool) object {
	doc := s.serviceReference(service)
	doc["type"] = "service"
	doc["name"] = service.Name
	doc["description"] = "A service of Muster's sandbox"
	doc["status"] = "active"
	doc["alert_creation"] = "create_alerts_and_incidents"
	doc["escalation_policy"] = s.policyReference(policyOf(service))
	integration := s.reference("events_api_v2_inbound_integration", "services/"+service.ID+"/integrations", integrationID(service.ID), "Events API v2")
	if withIntegrations {
		integration["type"] = "events_api_v2_inbound_integration"
		integration["name"] = "Events API v2"
		integration["integration_key"] = integrationKey(service.ID)
		integration["service"] = s.serviceReference(service)
	}
	doc["integrations"] = []object{integration}
	return doc
}

func (s *Sandbox) userDocument(p person) object {
	doc := s.userReference(p)
	doc["type"] = "user"
	doc["name"] = p.name
	doc["email"] = p.email
	doc["time_zone"] = "Etc/UTC"
	doc["role"] = "limited_user"
	return doc
}

func (s *Sandbox) listServices(_ context.Context, c pagerDutyCall) (int, object, error) {
	query := strings.ToLower(c.query.Get("query"))
	var all []object
	for _, service := range s.options.PagerDutyServices {
		if strings.Contains(strings.ToLower(service.Name), query) {
			all = append(all, s.serviceDocument(service, c.includes("integrations")))
		}
	}
	return c.list("services", all)
}

func (s *Sandbox) getService(_ context.Context, c pagerDutyCall) (int, object, error) {
	service, _, ok := s.service(c.PathValue("id"))
	if !ok {
		return 0, nil, errPagerDutyNotFound
	}
	return http.StatusOK, object{"service": s.serviceDocument(service, c.includes("integrations"))}, nil
}

func (s *Sandbox) listPagerDutyUsers(_ context.Context, c pagerDutyCall) (int, object, error) {
	query := strings.ToLower(c.query.Get("query"))
	var all []object
	for _, p := range append([]person{musterInPagerDuty}, responders...) {
		if strings.Contains(strings.ToLower(p.name), query) || strings.Contains(p.email, query) {
			all = append(all, s.userDocument(p))
		}
	}
	return c.list("users", all)
}

func (s *Sandbox) getPagerDutyUser(_ context.Context, c pagerDutyCall) (int, object, error) {
	p, ok := pagerDutyUser(func(p person) bool { return p.pagerDutyID == c.PathValue("id") })
	if !ok {
		return 0, nil, errPagerDutyNotFound
	}
	return http.StatusOK, object{"user": s.userDocument(p)}, nil
}
