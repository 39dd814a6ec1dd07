package scenario

import (
	"encoding/json"
	"maps"
	"slices"

	"muster/internal/rehearsal"
)

// object is a JSON object.
type object = map[string]any

// Schema writes the JSON Schema of a file of scenarios, for editors. It is of draft 7, which
// the YAML language server supports best. It follows from the tables that [Parse] reads by;
// what a schema cannot say is left to that.
func Schema() ([]byte, error) {
	scenario := mapping(object{
		"name": text(), "playbook": text(), "incident": defined("incident"), "given": defined("given"),
		"events": list(defined("event")), "expect": list(defined("expectation")), "until": defined("duration"),
	}, "name", "expect")
	root := mapping(object{
		"playbook": text(), "incident": defined("incident"), "given": defined("given"), "scenarios": list(scenario),
	}, "scenarios")
	root["$schema"] = "http://json-schema.org/draft-07/schema#"
	root["title"] = "Scenarios of a playbook"
	root["definitions"] = object{
		"duration": object{"type": "string", "pattern": `^(\d+w)?(\d+d)?(\d+h)?(\d+m)?(\d+(\.\d+)?s)?$`, "examples": []string{"0s", "5m", "1h30m", "3d", "2w"}},
		"incident": mapping(object{
			"service": text(), "team": text(), "severity": text(), "title": text(), "summary": text(), "at": text(), "by": text(), "zone": text(),
		}),
		"given": mapping(object{
			"on_call":       some(anyOf(text(), mapping(object{"name": text(), "email": text()}, "name"))),
			"fallback":      mapping(object{"after": defined("duration"), "email": some(text()), "slack_channel": text(), "webhook": object{"type": "boolean"}}),
			"announcements": list(mapping(object{"channel": text(), "severities": some(text())}, "channel")),
			"followers":     some(text()),
			"metrics":       defined("metrics"), "http": some(defined("answer")),
			"workflows": object{"type": "object", "additionalProperties": mapping(object{"takes": defined("duration"), "result": object{}, "fails": text()})},
		}),
		"metrics": object{"type": "object", "additionalProperties": anyOf(number(), object{"type": "object", "additionalProperties": number()})},
		"answer":  mapping(object{"request": text(), "status": number(), "body": text()}, "request"),
		"alert": anyOf(text(), mapping(object{
			"name": text(), "labels": words(), "annotations": words(), "source": text(), "url": text(),
		})),
		"event":       eventSchema(),
		"command":     commandSchema(),
		"expectation": expectationSchema(),
	}
	return json.MarshalIndent(root, "", "  ")
}

func eventSchema() object {
	event := mapping(object{
		"at": defined("duration"), "alert": some(defined("alert")), "alert_resolved": some(defined("alert")),
		"by": text(), "do": some(defined("command")), "refused": anyOf(text(), object{"const": true}),
		"vendor": object{"enum": rehearsal.Vendors()}, "fails": object{"enum": rehearsal.Modes()}, "works": object{"const": true}, "until": defined("duration"),
		"metrics": defined("metrics"), "http": some(defined("answer")),
		"pager": object{"enum": pagerStatuses}, "ticket": text(), "status": text(), "done": object{"type": "boolean"}, "deleted": object{"type": "boolean"},
	}, "at")
	var one []object
	for _, name := range happenings {
		one = append(one, object{"required": []string{name}})
	}
	event["oneOf"] = one
	return event
}

// commandSchema has a mapping for each verb, with the keys that belong to it.
func commandSchema() object {
	var bare []string
	var all []object
	for _, name := range slices.Sorted(maps.Keys(verbs)) {
		v := verbs[name]
		if v.bare {
			bare = append(bare, name)
		}
		keys := object{name: text()}
		for _, extra := range v.extras {
			keys[extra] = text()
		}
		all = append(all, mapping(keys, name))
	}
	return anyOf(append([]object{{"enum": bare}}, all...)...)
}

func expectationSchema() object {
	lines := object{}
	for _, kind := range lineKinds {
		keys := object{"text": text()}
		for _, key := range matcherKeys(kind) {
			keys[key] = text()
		}
		lines[kind] = some(anyOf(text(), object{"const": true}, mapping(keys)))
	}
	body := maps.Clone(lines)
	maps.Copy(body, object{
		"playbook": text(), "status": object{"enum": statusNames()}, "severity": text(), "acknowledged": object{"type": "boolean"}, "alerts_firing": number(),
		"steps":   object{"type": "object", "additionalProperties": object{"enum": stepStates}},
		"choices": words(), "roles": words(), "followups": object{"type": "object", "additionalProperties": object{"enum": followupStates}},
	})
	expectation := maps.Clone(body)
	maps.Copy(expectation, object{
		"at": defined("duration"), "by": defined("duration"), "after": defined("duration"),
		"between": object{"type": "array", "items": defined("duration"), "minItems": 2, "maxItems": 2},
		"never":   mapping(body), "times": object{"type": "integer", "minimum": 0}, "in_order": list(mapping(lines)),
	})
	return mapping(expectation)
}

func text() object              { return object{"type": []string{"string", "number", "boolean", "null"}} }
func number() object            { return object{"type": "number"} }
func words() object             { return object{"type": "object", "additionalProperties": text()} }
func list(of object) object     { return object{"type": "array", "items": of} }
func some(of object) object     { return anyOf(of, list(of)) }
func anyOf(of ...object) object { return object{"anyOf": of} }

func defined(name string) object { return object{"$ref": "#/definitions/" + name} }

func mapping(properties object, required ...string) object {
	m := object{"type": "object", "additionalProperties": false, "properties": properties}
	if len(required) > 0 {
		m["required"] = required
	}
	return m
}
