package main

import (
	"fmt"
	"regexp"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/guests"
)

// action is one that is deployed, and what its runs must come to.
type action struct {
	name     string
	wasm     []byte
	source   string // of one in JavaScript, without wasm
	settings host.Settings
	want     []string // of a hostile one: its faults, any of them
	kind     string   // of a hostile one: what it tries
	output   string   // what a good one's output has in it
	first    string   // the execution of its first event
}

func (a *action) hostile() bool { return len(a.want) > 0 }

// succeeded is the fault of a run that had none.
const succeeded = "none"

// faultOf names a run's fault as want does: its party, and the limit.
func faultOf(r host.Result) string {
	switch {
	case r.Succeeded:
		return succeeded
	case r.Limit != "":
		return string(r.Fault) + ":" + r.Limit
	}
	return string(r.Fault)
}

// goodActions are 40 actions that must not notice the others.
func goodActions(p *peers, javascript bool) []*action {
	kinds := []*action{
		{wasm: guests.Wasm("echo")},
		{wasm: guests.Wasm("noop")},
		script("", guests.Step{Function: "log_warn", Argument: "a line"}, guests.Step{Function: "config_get", Argument: "none"}),
		script("", guests.Step{Function: "cache_set", Argument: `{"key":"k","value":"v","ttl":60000}`}, guests.Step{Function: "cache_get", Argument: "k"}),
		{}, // a request to the origin that hostile actions hold
		{}, // a request to the server that ignores what GET carries
		{}, // JavaScript
		{wasm: guests.Wasm("deep")},
	}
	var list []*action
	for i := range 40 {
		a := *kinds[i%len(kinds)]
		a.name = fmt.Sprintf("good-%02d", i)
		switch i % len(kinds) {
		case 4:
			a = *request(p.origin, "/ok/"+a.name, "answer to /ok/"+a.name).named(a.name)
		case 5:
			a = *request(p.careless, "/ok/"+a.name, "answer to /ok/"+a.name).named(a.name)
		case 6:
			if javascript {
				a.source = javaScript
			} else {
				a.wasm = guests.Wasm("echo")
			}
		}
		a.settings.Retry.MaxAttempts = 3
		list = append(list, &a)
	}
	return list
}

func (a *action) named(name string) *action {
	a.name = name
	return a
}

const javaScript = `exports.onExecutePostUserRegistration = async (event, api) => {
	const crypto = require("node:crypto");
	console.log(crypto.createHash("sha256").update(event.user.user_id).digest("hex"));
};`

func script(output string, steps ...guests.Step) *action {
	config := ascii(guests.Script(steps...))
	return &action{
		wasm: guests.Wasm("script"), output: output,
		settings: host.Settings{Config: map[string]string{"script": config}},
	}
}

func request(origin, path, output string) *action {
	a := script(output, guests.Step{Function: "http_send", Argument: `{"method":"GET","url":"` + origin + path + `"}`})
	a.settings.Egress.Allow = []string{origin}
	return a
}

// hostileActions are those that try to end, stop or slow the host.
func hostileActions(p *peers, javascript bool, only *regexp.Regexp) []*action {
	list := append(append(leaving(), waiting(p)...), computing()...)
	if javascript {
		list = append(list, inJavaScript()...)
	}
	var chosen []*action
	for _, a := range list {
		if a.settings.Retry.MaxAttempts == 0 {
			a.settings.Retry.MaxAttempts = 1
		}
		if a.settings.Limits.TimeoutMillis == 0 {
			a.settings.Limits.TimeoutMillis = hostileMillis
		}
		if only.MatchString(a.name) {
			chosen = append(chosen, a)
		}
	}
	return chosen
}

// ascii returns a guest's configuration, which JSON must not change.
func ascii(config string) string {
	for _, b := range []byte(config) {
		if b >= 0x80 {
			panic("soak: a length in a configuration has a byte that is no ASCII: choose another")
		}
	}
	return config
}
