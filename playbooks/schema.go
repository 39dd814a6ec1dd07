package playbooks

import (
	"encoding/json"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"muster/incident"
)

// Schema writes the JSON Schema of a playbook's file, for editors. It is of draft 7
// (https://json-schema.org/draft-07), which the YAML language server supports best, and
// follows from the types of this package and the vocabulary of actions, so that neither can
// have what the schema has not. What a schema cannot say is left to [Check].
func Schema() ([]byte, error) {
	s := schemer{definitions: object{}}
	root := s.structure("playbook", reflect.TypeFor[Playbook]())
	root["$schema"] = "http://json-schema.org/draft-07/schema#"
	root["title"] = "Playbook"
	s.addKinds()
	s.addActions()
	root["definitions"] = s.definitions
	return json.MarshalIndent(root, "", "  ")
}

// object is a JSON object.
type object = map[string]any

// schemer makes the schema of each Go type once, as a definition.
type schemer struct{ definitions object }

// required are the keys without which a mapping means nothing.
var required = map[string][]string{
	"playbook": {"name"}, "role": {"id", "title"}, "step": {"id", "title"}, "group": {"group", "steps"},
	"hook": {"id", "on"}, "option": {"id", "title"}, "link": {"title", "url"},
	"metric": {"query"}, "repeat": {"every"}, "retry": {"attempts"},
}

// groupKeys are the keys of [Step] that a group has; the last three belong to no step.
var groupKeys = []string{"title", "role", "needs", "when", "group", "order", "steps"}

// structure is the schema of a mapping, named as in [schemaDocs].
func (s *schemer) structure(name string, t reflect.Type) object {
	properties := object{}
	for field := range t.Fields() {
		key := yamlKey(field)
		if key == "" || name == "step" && slices.Contains(groupKeys[4:], key) || name == "group" && !slices.Contains(groupKeys, key) {
			continue
		}
		property := s.property(name, key, field.Type)
		property["description"] = schemaDocs[name][key]
		properties[key] = property
	}
	made := object{
		"type": "object", "description": schemaDocs[name][""], "additionalProperties": false, "properties": properties,
	}
	if keys := required[name]; keys != nil {
		made["required"] = keys
	}
	return made
}

// yamlKey is the key of a field, or "" for one that files do not have.
func yamlKey(field reflect.StructField) string {
	key, tagged := field.Tag.Lookup("yaml")
	switch {
	case key == "-" || !field.IsExported():
		return ""
	case !tagged:
		return strings.ToLower(field.Name)
	}
	return key
}

// property is the schema of a key.
func (s *schemer) property(of, key string, t reflect.Type) object {
	switch of + "." + key {
	case "playbook.steps":
		s.define("group", reflect.TypeFor[Step]())
		s.define("step", reflect.TypeFor[Step]())
		return object{"type": "array", "items": object{
			"if":   object{"anyOf": []any{object{"required": []string{"group"}}, object{"required": []string{"steps"}}}},
			"then": refer("group"), "else": refer("step"),
		}}
	case "playbook.name", "playbook.extends", "role.id", "step.id", "hook.id", "option.id", "group.group", "step.role", "group.role":
		return object{"type": "string", "pattern": identifier.String()}
	case "step.needs", "group.needs":
		return object{"type": "array", "items": object{"type": "string", "pattern": `^[a-z][a-z0-9_-]*(/[a-z][a-z0-9_-]*)?$`}}
	case "role.assign":
		return object{"enum": []string{OnCall, Acknowledger}}
	case "group.order":
		return object{"enum": []string{Parallel, Sequence}}
	case "step.on_failure":
		return object{"enum": []string{Ask, Continue, Stop}}
	case "timeout.then":
		return object{"anyOf": []any{object{"enum": []string{Fail, Skip}}, object{"type": "string", "pattern": identifier.String()}}}
	case "step.do", "hook.do":
		return refer("action")
	case "link.url":
		return object{"type": "string", "pattern": `^(https?://|\$\{)`}
	case "step.approval":
		return object{"anyOf": []any{object{"const": true}, s.define("approval", reflect.TypeFor[Approval]())}}
	case "step.decide":
		return object{"type": "array", "minItems": 2, "items": s.define("option", reflect.TypeFor[Option]())}
	case "repeat.times", "hook.times", "approval.quorum", "retry.attempts":
		return object{"type": "integer", "minimum": 1}
	}
	return s.plain(t)
}

// plain is the schema of a Go type.
func (s *schemer) plain(t reflect.Type) object {
	switch t {
	case reflect.TypeFor[time.Duration]():
		return refer("duration")
	case reflect.TypeFor[Parameters]():
		return object{"type": "object"}
	case reflect.TypeFor[Triggers]():
		return object{"anyOf": []any{refer("trigger"), object{"type": "array", "minItems": 1, "items": refer("trigger")}}}
	case reflect.TypeFor[incident.Link]():
		return s.define("link", t)
	}
	switch t.Kind() {
	case reflect.Pointer:
		return s.plain(t.Elem())
	case reflect.Slice:
		return object{"type": "array", "items": s.plain(t.Elem())}
	case reflect.Struct:
		return s.define(strings.ToLower(t.Name()), t)
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Int:
		return object{"type": "integer"}
	case reflect.Float64:
		return object{"type": "number"}
	default:
		return object{"type": "string"}
	}
}

// define adds the definition of a mapping and returns what refers to it.
func (s *schemer) define(name string, t reflect.Type) object {
	if _, known := s.definitions[name]; !known {
		s.definitions[name] = nil // so that it can refer to itself
		s.definitions[name] = s.structure(name, t)
	}
	return refer(name)
}

// refer refers to a definition. In draft 7 nothing can stand beside a reference.
func refer(name string) object {
	return object{"allOf": []any{object{"$ref": "#/definitions/" + name}}}
}

// addKinds adds the kinds of values, and what goes with which kind of step.
func (s *schemer) addKinds() {
	s.definitions["duration"] = object{"anyOf": []any{object{"type": "string", "pattern": DurationPattern}, object{"const": 0}}}
	s.definitions["trigger"] = object{"anyOf": []any{
		object{"enum": triggers()},
		object{"type": "string", "pattern": identifier.String(), "description": "The id of a hook that reminds."},
	}}
	s.extend("wait", object{"minProperties": 1})
	s.extend("timeout", object{"minProperties": 1})
	s.extend("metric", object{"oneOf": []any{object{"required": []string{"below"}}, object{"required": []string{"above"}}}})
	kinds := []string{"do", "approval", "decide", "wait"}
	rules := []any{refer("parameters")}
	for _, kind := range kinds {
		others := object{}
		for _, other := range kinds {
			if other != kind {
				others[other] = false
			}
		}
		rules = append(rules, object{"if": object{"required": []string{kind}}, "then": object{"properties": others}})
	}
	rules = append(rules, object{"if": object{"required": []string{"do"}}, "else": object{"properties": object{"with": false, "retry": false}}})
	s.extend("step", object{"allOf": rules})
	s.extend("hook", object{"allOf": []any{refer("parameters"), object{
		"if": object{"required": []string{"do"}}, "then": object{"required": []string{"title"}}, "else": object{"properties": object{"with": false}},
	}}})
}

func (s *schemer) extend(name string, with object) {
	if definition, ok := s.definitions[name].(object); ok {
		for key, value := range with {
			definition[key] = value
		}
	}
}

// addActions adds the vocabulary: what do takes, and what with takes for each.
func (s *schemer) addActions() {
	var names, parameters []any
	for _, a := range vocabulary {
		names = append(names, object{"const": a.Name, "description": a.Doc})
		with := object{"properties": object{"with": object{"$ref": "#/definitions/with " + a.Name}}}
		if slices.ContainsFunc(a.Parameters, func(p Parameter) bool { return p.Required }) {
			with["required"] = []string{"with"}
		}
		parameters = append(parameters, object{
			"if":   object{"required": []string{"do"}, "properties": object{"do": object{"const": a.Name}}},
			"then": with,
		})
		s.definitions["with "+a.Name] = parametersSchema(a)
	}
	s.definitions["action"] = object{"anyOf": names}
	s.definitions["parameters"] = object{"allOf": parameters}
}

// filled is a text of which a part is filled in; its value is known only then.
var filled = object{"type": "string", "pattern": `\$\{`}

// scalar is what is taken as a text.
var scalar = object{"type": []string{"string", "number", "boolean"}}

func parametersSchema(a Action) object {
	properties, patterns := object{}, object{}
	var needed []string
	for _, p := range a.Parameters {
		property := parameterSchema(p)
		property["description"] = p.Doc
		if p.Default != "" {
			property["default"] = p.Default
		}
		properties[p.Name] = property
		if p.Type == MapParameter {
			patterns["^"+regexp.QuoteMeta(p.Name)+`\.`] = scalar
		} else if p.Required {
			needed = append(needed, p.Name)
		}
	}
	made := object{"type": "object", "description": a.Doc, "additionalProperties": false, "properties": properties}
	if len(patterns) > 0 {
		made["patternProperties"] = patterns
	}
	if needed != nil {
		made["required"] = needed
	}
	return made
}

// parameterSchema is the schema of a parameter, which may always be filled in.
func parameterSchema(p Parameter) object {
	if len(p.Options) > 0 {
		var options []any
		for _, option := range p.Options {
			options = append(options, option)
			if option == "true" || option == "false" {
				options = append(options, option == "true")
			}
		}
		return object{"anyOf": []any{object{"enum": options}, filled}}
	}
	switch p.Type {
	case NumberParameter:
		return object{"anyOf": []any{object{"type": "number"}, object{"type": "string", "pattern": `^\s*[-+]?[0-9.]+([eE][-+]?[0-9]+)?\s*$`}, filled}}
	case DurationParameter:
		return object{"anyOf": []any{refer("duration"), filled}}
	case AddressParameter:
		return object{"type": "string", "pattern": `^\s*(https?://|\$\{)`}
	case MapParameter:
		return object{"type": "object", "additionalProperties": scalar}
	}
	return object{"type": scalar["type"]}
}
