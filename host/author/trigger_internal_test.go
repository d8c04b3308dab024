package author

import (
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/desired"
	"github.com/usherhost/usher/proto/conformance"
)

func TestATriggerIsTakenFromWhatTheModuleExports(t *testing.T) {
	t.Parallel()
	module := func(entry string) []byte {
		wasm, err := conformance.Vector{}.Module(entry)
		if err != nil {
			t.Fatal(err)
		}
		return wasm
	}
	file := func(text string) *desired.File {
		f, err := desired.ParseFile("action.yaml", []byte("name: gate\nmodule: a.wasm\n"+text))
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	for _, tt := range []struct {
		name, entry, flag string
		file              *desired.File
		want              host.Trigger
		says              string
	}{
		{name: "one handler", entry: "onExecutePreUserRegistration", want: host.PreUserRegistration},
		{name: "a file that names none", entry: "onExecutePreUserRegistration", file: file(""), want: host.PreUserRegistration},
		{name: "a file that names it", entry: "onExecutePreUserRegistration", file: file("trigger: pre-user-registration"), want: host.PreUserRegistration},
		{name: "a file that names another", entry: "onExecutePreUserRegistration", file: file("trigger: post-user-registration"), says: "exports onExecutePreUserRegistration; bind it to pre-user-registration"},
		{name: "a flag that names another", entry: "onExecutePostUserRegistration", flag: "pre-user-registration", says: "exports onExecutePostUserRegistration; bind it to post-user-registration"},
		{name: "a flag that names none", entry: "onExecutePostUserRegistration", flag: "post-login", says: `unknown trigger "post-login"`},
		{name: "no handler", entry: "run", want: host.PostUserRegistration},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := chosenTrigger(module(tt.entry), tt.flag, tt.file)
			if got != tt.want || (err == nil) != (tt.says == "") || err != nil && !strings.Contains(err.Error(), tt.says) {
				t.Errorf("chose %q, %v; want %q, %q", got, err, tt.want, tt.says)
			}
		})
	}
}
