package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

func newConfig(a *app) *cobra.Command {
	show := &cobra.Command{
		Use:   "print",
		Short: "Show every setting, its value and where the value comes from",
		Args:  exactly(),
		RunE:  func(*cobra.Command, []string) error { return a.printConfig() },
	}
	addServeFlags(show)
	schema := &cobra.Command{
		Use:         "schema",
		Short:       "Print the JSON Schema of the configuration file",
		Args:        exactly(),
		Annotations: map[string]string{withoutConfig: "true"},
		RunE:        func(*cobra.Command, []string) error { return a.term.printJSON(configSchema()) },
	}
	return parent("config", "Show the configuration", groupHost, show, schema)
}

// settingValue is one line of `usher config print`.
type settingValue struct {
	Key    string `json:"key"`
	Value  any    `json:"value"`
	Source string `json:"source"`
}

func (a *app) printConfig() error {
	values := make([]settingValue, len(settings))
	for i, s := range settings {
		values[i] = settingValue{s.key, redacted(s, a.cfg.values[s.key]), a.cfg.sources[s.key]}
	}
	return a.term.answer(map[string]any{"settings": values}, func(w io.Writer) {
		rows := make([][]string, len(values))
		for i, v := range values {
			rows[i] = []string{v.Key, fmt.Sprint(v.Value), v.Source}
		}
		a.term.table(w, []string{"KEY", "VALUE", "FROM"}, rows)
	})
}

func redacted(s setting, value any) any {
	if s.secret && value != "" {
		return "(hidden)"
	}
	return value
}

// configSchema returns the JSON Schema of the configuration file.
func configSchema() map[string]any {
	properties := map[string]any{}
	for _, s := range settings {
		p := map[string]any{"type": s.kind, "description": s.about + "; environment " + envName(s.key), "default": s.initial}
		if s.initial == "" {
			delete(p, "default") // there is none, or the description says it
		}
		switch s.kind {
		case "duration":
			p["type"] = "string"
		case "list":
			p["type"], p["items"] = "array", map[string]any{"type": "string"}
		}
		if len(s.oneOf) > 0 {
			p["enum"] = s.oneOf
		}
		properties[s.key] = p
	}
	return map[string]any{
		"$schema":              "https://json-schema.org/draft/2020-12/schema",
		"title":                "Usher configuration",
		"type":                 "object",
		"additionalProperties": false,
		"properties":           properties,
	}
}
