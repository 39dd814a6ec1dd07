// Package oncall finds out who is on call for a service or a team of the catalogue, for the
// API and the chat.
//
// The catalogue says what to ask the pager for: of a service, the pager's own service; of a
// team, its escalation policy and its schedule, or, where it has neither a policy nor a
// schedule, the first of its services that the pager knows, which is the one that is paged
// when the team is asked for help. The pager is asked each time, since shifts change.
package oncall

import (
	"context"
	"fmt"
	"sync"

	"muster/config"
	"muster/incident"
)

// Pager knows who is on call now. *pagerduty.Client is one. Each method returns whoever
// would be woken first at first, and each person once; nobody is no error.
type Pager interface {
	// OnCall is asked by a service of the pager.
	OnCall(ctx context.Context, service string) ([]incident.Person, error)
	// OnCallBy is asked by an escalation policy.
	OnCallBy(ctx context.Context, policy string) ([]incident.Person, error)
	// OnSchedule is asked by a schedule.
	OnSchedule(ctx context.Context, schedule string) ([]incident.Person, error)
}

// Means is by what somebody is on call.
type Means string

// The values of Means.
const (
	ByService  Means = "service"
	ByPolicy   Means = "escalation_policy"
	BySchedule Means = "schedule"
)

// Duty is who is on call by one thing of the pager.
type Duty struct {
	// By is what ID is the pager's id of.
	By Means
	ID string
	// Service is the catalogue's name of a service; empty for others.
	Service string
	// People are those whom it would wake now, first responders first; nil for nobody.
	People []incident.Person
}

// Catalogue knows how teams are paged. *config.Catalogue is one.
type Catalogue interface {
	PagedBy(team config.Team) (policy string, by config.Service)
}

// OfService returns who is on call for a service, by the pager's id of it. The error is an
// [*incident.InvalidError] where it has none, and otherwise the pager's.
func OfService(ctx context.Context, pager Pager, name, id string) ([]Duty, error) {
	if id == "" {
		return nil, &incident.InvalidError{Field: "service", Message: fmt.Sprintf(
			"the pager does not know the service %s: give it pagerduty: {service: …} in muster.yaml", name)}
	}
	return ask(ctx, pager, Duty{By: ByService, ID: id, Service: name})
}

// OfTeam returns who is on call for a team. The error is an [*incident.InvalidError] where
// nothing says who that is, and otherwise the pager's.
func OfTeam(ctx context.Context, pager Pager, catalogue Catalogue, team config.Team) ([]Duty, error) {
	var duties []Duty
	if id := team.PagerDuty.EscalationPolicy; id != "" {
		duties = append(duties, Duty{By: ByPolicy, ID: id})
	}
	if id := team.PagerDuty.Schedule; id != "" {
		duties = append(duties, Duty{By: BySchedule, ID: id})
	}
	if len(duties) == 0 {
		_, service := catalogue.PagedBy(team)
		if service.PagerDuty.Service == "" {
			return nil, &incident.InvalidError{Field: "team", Message: NotPaged(team)}
		}
		duties = append(duties, Duty{By: ByService, ID: service.PagerDuty.Service, Service: service.Name})
	}
	return ask(ctx, pager, duties...)
}

// NotPaged says that the pager cannot reach a team, and what to set.
func NotPaged(team config.Team) string {
	return fmt.Sprintf("the pager does not know the team %s: give it pagerduty: {escalation_policy: …} in muster.yaml, or one of its services pagerduty: {service: …}", team.Name)
}

// ask fills in the people, of all duties at once.
func ask(ctx context.Context, pager Pager, duties ...Duty) ([]Duty, error) {
	errs := make([]error, len(duties))
	var all sync.WaitGroup
	for i := range duties {
		all.Go(func() {
			duty := &duties[i]
			switch duty.By {
			case ByService:
				duty.People, errs[i] = pager.OnCall(ctx, duty.ID)
			case ByPolicy:
				duty.People, errs[i] = pager.OnCallBy(ctx, duty.ID)
			case BySchedule:
				duty.People, errs[i] = pager.OnSchedule(ctx, duty.ID)
			}
		})
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return duties, nil
}
