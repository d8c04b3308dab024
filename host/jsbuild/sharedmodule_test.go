package jsbuild_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/jstest"
	"github.com/usherhost/usher/host/jsbuild/bundle"
)

// sharedModules are those that the actions of these tests may import.
var sharedModules = map[string]bundle.SharedModule{
	"greet": {Code: []byte(`const util = require("node:util");
exports.hello = (name) => util.format("hello %s, with %s", name, actions.secrets.TOKEN);
exports.fail = () => {
  throw new TypeError("no greeting");
};`)},
	"my module": {Code: []byte(`export const two = 2; export const names = () => Object.keys(actions.secrets).join();`)},
	"plain":     {Code: []byte(`const actions = ["own"]; module.exports = () => actions[0];`)},
}

func TestAnActionAsksForSharedModulesWithSecretsOfTheirOwn(t *testing.T) {
	t.Parallel()
	kit := jstest.Shared(t)
	secrets := map[string]string{"OWN": "o", "actions:greet/TOKEN": "t0ken", "actions:my module/A": "a", "actions:my module/B": "b"}
	for _, tt := range []struct {
		name, code, log, failure string
	}{
		{name: "at the top", code: `const { hello } = require("actions:greet");
			exports.onExecutePostUserRegistration = async (event) => { console.log(hello("Ada").length, Object.keys(event.secrets).join()); };`, log: "21 OWN"},
		{name: "in the handler", code: `exports.onExecutePostUserRegistration = async () => {
			const { names, two } = require("actions:my module"); console.log(names(), two); };`, log: "A,B 2"},
		{name: "from an ES module", code: `import { two } from "actions:my module"; import greet from "actions:greet";
			export const onExecutePostUserRegistration = async (event) => { console.log(two, typeof greet.hello, Object.keys(event.secrets).join()); };`, log: "2 function OWN"},
		{name: "with a name of its own", code: `const own = require("actions:plain");
			exports.onExecutePostUserRegistration = async () => { console.log(own()); };`, log: "own"},
		{name: "that throws", code: `exports.onExecutePostUserRegistration = async () => { require("actions:greet").fail(); };`, failure: "actions:greet:4"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			built, err := kit.Builder.Build(t.Context(), bundle.Source{Name: "action.js", Code: []byte(tt.code), SharedModules: sharedModules})
			if err != nil {
				t.Fatal(err)
			}
			result, _, err := kit.Run(t.Context(), built.Module, jstest.Run{Secrets: secrets})
			if err != nil {
				t.Fatal(err)
			}
			if tt.failure != "" {
				if result.Succeeded || result.Error.Message != "no greeting" || !strings.Contains(result.Error.Stack, tt.failure) {
					t.Errorf("result %+v", result.Error)
				}
				return
			}
			if !result.Succeeded || len(result.Logs) != 1 || result.Logs[0].Message != tt.log {
				t.Errorf("result %+v, logs %+v; want %q", result.Error, result.Logs, tt.log)
			}
		})
	}
}

func TestSharedModulesThatCanNotBeBuilt(t *testing.T) {
	t.Parallel()
	kit := jstest.Shared(t)
	handler := "exports.onExecutePostUserRegistration = async () => {};\n"
	for _, tt := range []struct {
		name, code    string
		sharedModules map[string]bundle.SharedModule
		wants         []string
	}{
		{name: "one that is not there", code: handler + `require("actions:nope");`, sharedModules: sharedModules, wants: []string{"action.js:2:9", `"actions:nope"`}},
		{name: "broken code", code: `require("actions:a");` + handler, sharedModules: map[string]bundle.SharedModule{"a": {Code: []byte("let x =\n  = 1;")}}, wants: []string{"actions:a:2:3", "syntax error"}},
		{name: "a shared module of a shared module", code: `require("actions:a");` + handler, sharedModules: map[string]bundle.SharedModule{
			"a": {Code: []byte(`require("actions:b");`)}, "b": {},
		}, wants: []string{"actions:a:1:", "only an action can"}},
		{name: "a file of the machine", code: `require("actions:a");` + handler, sharedModules: map[string]bundle.SharedModule{"a": {Code: []byte(`require("/etc/hostname");`)}}, wants: []string{"actions:a:1:", "outside"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := kit.Builder.Build(t.Context(), bundle.Source{Name: "action.js", Code: []byte(tt.code), SharedModules: tt.sharedModules})
			if _, ok := errors.AsType[*host.BuildFailure](err); !ok {
				t.Fatalf("error is %v", err)
			}
			for _, want := range tt.wants {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("says nothing of %q:\n%v", want, err)
				}
			}
		})
	}
}
