package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/web"
)

// TestEveryFixIsACommandOfUsher renders each fix and parses the command line that
// it names, so that no hint names a command or a flag that is not there.
func TestEveryFixIsACommandOfUsher(t *testing.T) {
	t.Parallel()
	for _, verb := range host.FixVerbs() {
		fix := verb.With(samples(verb.Args())...)
		line := web.Command(*fix)
		if words := web.Words(*fix); line == "" || !strings.HasSuffix(words, ": "+line) || strings.ContainsAny(words, "{}") {
			t.Errorf("%s is worded %q, with the command %q", verb, words, line)
			continue
		}
		root := newRoot(&command.Env{})
		args := strings.Fields(line)[1:]
		cmd, rest, err := root.Find(args)
		if err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		if err := cmd.ParseFlags(rest); err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		if cmd != root && cmd.HasSubCommands() && cmd.Flags().NArg() == 0 {
			t.Errorf("%s names only a group of commands", line)
		}
		if err := cmd.ValidateArgs(cmd.Flags().Args()); err != nil {
			t.Errorf("%s: %v", line, err)
		}
	}
}

// samples stand for a fix's arguments: some fit into a command line only when they
// are parsed as what they are.
func samples(names []string) []string {
	values := slices.Clone(names)
	for i, name := range names {
		switch name {
		case "network":
			values[i] = "10.0.0.0/8"
		case "value":
			values[i] = "1"
		}
	}
	return values
}

func TestAFixQuotesNamesForAShell(t *testing.T) {
	t.Parallel()
	fix := host.FixSetSecret.With("mail; rm -rf ~", "API_KEY")
	if got, want := web.Command(*fix), "usher secrets set 'mail; rm -rf ~' API_KEY"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
