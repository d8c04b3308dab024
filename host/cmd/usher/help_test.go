package main

import (
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host/cli/command"
)

// pages calls with with every command that has a help page of ours.
func pages(cmd *cobra.Command, with func(*cobra.Command)) {
	for _, child := range cmd.Commands() {
		if child.Name() != "help" && child.Name() != "completion" && !child.IsAdditionalHelpTopicCommand() {
			with(child)
			pages(child, with)
		}
	}
}

func TestEveryHelpPageHasAnExample(t *testing.T) {
	t.Parallel()
	root := newRoot(&command.Env{})
	pages(root, func(cmd *cobra.Command) {
		if cmd.Example == "" {
			t.Errorf("'%s' has none", cmd.CommandPath())
		}
		for line := range strings.Lines(cmd.Example) {
			if at := strings.LastIndex(line, " usher "); at >= 0 {
				checkCommandLine(t, root, cmd.CommandPath(), line[at+1:])
			}
		}
	})
}

// checkCommandLine checks that a command line names a command that exists, with flags
// that it has.
func checkCommandLine(t *testing.T, root *cobra.Command, where, line string) {
	t.Helper()
	words := strings.Fields(line)[1:]
	var flags, others []string
	for i, word := range words {
		switch {
		case strings.HasPrefix(word, "--"):
			flags = append(flags, word)
		case i == 0 || !globalWithValue.MatchString(words[i-1]):
			others = append(others, word)
		}
	}
	found, _, err := root.Find(others)
	if err != nil || found == root {
		t.Errorf("%s: there is no command %q: %v", where, line, err)
		return
	}
	for _, flag := range flags {
		name, _, _ := strings.Cut(strings.TrimPrefix(flag, "--"), "=")
		if found.Flag(name) == nil && name != "help" {
			t.Errorf("%s: %q: %s has no flag --%s", where, line, found.CommandPath(), name)
		}
	}
}

// globalWithValue are flags that may stand before the command.
var globalWithValue = regexp.MustCompile(`^--(url|key|data|profile|config)$`)

func TestWordsThatPeopleTypeAreAnsweredWithCommandsThatExist(t *testing.T) {
	t.Parallel()
	root := newRoot(&command.Env{})
	quoted := regexp.MustCompile(`'(usher [^']*)'`)
	command.Answers(func(path, word, answer string) {
		behind, _, err := root.Find(strings.Fields(path)[1:])
		if err != nil || behind.CommandPath() != path {
			t.Errorf("there is no %q: %v", path, err)
		}
		if found, _, err := root.Find(append(strings.Fields(path)[1:], word)); err == nil && found != behind {
			t.Errorf("'%s %s' is a command: it needs no answer", path, word)
		}
		for _, match := range quoted.FindAllStringSubmatch(answer, -1) {
			checkCommandLine(t, root, path+" "+word, match[1])
		}
	})
}

func TestSiblingsHaveDifferentNames(t *testing.T) {
	t.Parallel()
	var check func(cmd *cobra.Command)
	check = func(cmd *cobra.Command) {
		names := map[string]bool{}
		for _, child := range cmd.Commands() {
			for _, name := range append([]string{child.Name()}, child.Aliases...) {
				if names[name] {
					t.Errorf("'%s %s' means two commands", cmd.CommandPath(), name)
				}
				names[name] = true
			}
			check(child)
		}
	}
	check(newRoot(&command.Env{}))
}
