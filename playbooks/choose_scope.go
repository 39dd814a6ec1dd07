package playbooks

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"muster/incident"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
	"cel.dev/cel-go/ext"
)

// Selection is what is known of an incident when its playbook is chosen.
type Selection struct {
	Title, Summary string
	Severity       incident.Severity
	// Scale has the severities, the most severe one first.
	Scale   []incident.SeverityLevel
	Service incident.Service
	// Alert is what the incident is declared for; nil if a person declares it.
	Alert *incident.Alert
	// Now is when it is declared, Zone that of the team that owns the service; nil is UTC.
	Now  time.Time
	Zone *time.Location
	// Default names the playbook that is followed where nothing else is; empty is [Default].
	Default string
}

// SelectionView is a new incident as the conditions for choosing see it.
type SelectionView struct {
	Title    string `cel:"title"`
	Summary  string `cel:"summary"`
	Severity string `cel:"severity"`
	// SeverityRank is 1 for the most severe level of the scale, 0 for one that is not on it.
	SeverityRank int64       `cel:"severity_rank"`
	Service      ServiceView `cel:"service"`
}

// AlertView is the alert that an incident is declared for; empty if a person declares it.
type AlertView struct {
	Name        string            `cel:"name"`
	Source      string            `cel:"source"`
	Firing      bool              `cel:"firing"`
	Labels      map[string]string `cel:"labels"`
	Annotations map[string]string `cel:"annotations"`
}

// LocalView is the time of day where the team is.
type LocalView struct {
	Hour   int64 `cel:"hour"`
	Minute int64 `cel:"minute"`
	// Weekday is "monday" to "sunday".
	Weekday string `cel:"weekday"`
	// Date is "2026-11-22".
	Date string `cel:"date"`
	// Zone is "Europe/Berlin".
	Zone string `cel:"zone"`
}

// selectionEnvironment is what the conditions for choosing are checked against.
var selectionEnvironment = sync.OnceValues(func() (*cel.Env, error) {
	texts := cel.MapType(cel.StringType, cel.StringType)
	return shareable(cel.NewEnv(
		ext.Strings(),
		cel.ASTValidators(cel.ValidateRegexLiterals(), cel.ValidateDurationLiterals(), cel.ValidateTimestampLiterals()),
		cel.OptionalTypes(),
		ext.NativeTypes(ext.ParseStructTags(true),
			reflect.TypeFor[SelectionView](), reflect.TypeFor[ServiceView](), reflect.TypeFor[AlertView](), reflect.TypeFor[LocalView]()),
		cel.Variable("incident", cel.ObjectType("playbooks.SelectionView")),
		cel.Variable("alert", cel.ObjectType("playbooks.AlertView")),
		cel.Variable("local", cel.ObjectType("playbooks.LocalView")),
		cel.Function("get", cel.MemberOverload("texts_get_text", []*cel.Type{texts, cel.StringType}, cel.StringType, cel.BinaryBinding(getText))),
	))
})

// getText is labels.get("x"): empty for a label that is not there.
func getText(texts, key ref.Val) ref.Val {
	mapper, ok := texts.(traits.Mapper)
	if !ok {
		return types.MaybeNoSuchOverloadErr(texts)
	}
	if value, found := mapper.Find(key); found {
		return value
	}
	return types.String("")
}

func (s Selection) variables() map[string]any {
	zone := s.Zone
	if zone == nil {
		zone = time.UTC
	}
	now := s.Now.In(zone)
	alert := AlertView{}
	if s.Alert != nil {
		alert = AlertView{
			Name: s.Alert.Name, Source: s.Alert.Source, Firing: s.Alert.Firing(),
			Labels: s.Alert.Labels, Annotations: s.Alert.Annotations,
		}
	}
	return map[string]any{
		"incident": SelectionView{
			Title: s.Title, Summary: s.Summary, Severity: string(s.Severity),
			SeverityRank: 1 + int64(slices.IndexFunc(s.Scale, func(l incident.SeverityLevel) bool { return l.Name == s.Severity })),
			Service:      ServiceView{Name: s.Service.Name, Team: s.Service.Team, ChannelPrefix: s.Service.ChannelPrefix},
		},
		"alert": alert,
		"local": LocalView{
			Hour: int64(now.Hour()), Minute: int64(now.Minute()), Weekday: strings.ToLower(now.Weekday().String()),
			Date: now.Format(time.DateOnly), Zone: zone.String(),
		},
	}
}

// compileSelection compiles a condition for choosing.
func compileSelection(expression string) (*program, error) {
	key := compiledKey{expression, "selection"}
	if known, ok := compiled.get(key); ok {
		return known, nil
	}
	env, err := selectionEnvironment()
	if err != nil {
		return nil, fmt.Errorf("set up CEL: %w", err)
	}
	checked, issues := env.Compile(expression)
	if issues.Err() != nil {
		return nil, celError(issues)
	}
	if !checked.OutputType().IsExactType(cel.BoolType) {
		return nil, fmt.Errorf("the expression %q gives %s where %s is needed", expression, checked.OutputType(), cel.BoolType)
	}
	planned, err := env.Program(checked, cel.CostLimit(costLimit), cel.EvalOptions(cel.OptOptimize), inOrder(checked), withinBounds())
	if err != nil {
		return nil, err
	}
	made := &program{Program: planned}
	compiled.put(key, made)
	return made, nil
}

// selects evaluates a condition for choosing.
func selects(expression string, variables map[string]any) (bool, error) {
	program, err := compileSelection(expression)
	if err != nil {
		return false, err
	}
	value, _, err := program.Eval(variables)
	if err != nil {
		return false, fmt.Errorf("evaluate %q: %w", expression, err)
	}
	return value == types.True, nil
}
