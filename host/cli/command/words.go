package command

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/internal/text"
)

// aliases are other names of subcommands, as other tools have them. A command gets
// those that none of its siblings has.
var aliases = map[string][]string{
	"list":   {"ls"},
	"rm":     {"remove", "delete", "del", "revoke"},
	"delete": {"rm", "remove", "del"},
	"show":   {"get", "describe", "view", "inspect"},
	"create": {"new", "add"},
	"use":    {"switch", "select"},
	"cancel": {"stop", "abort"},
}

// pathAliases are other names of commands with the words that lead to them.
var pathAliases = map[string][]string{
	"usher secrets set":        {"put", "add", "create"},
	"usher secrets rm":         {"unset"},
	"usher keys rotate":        {"roll"},
	"usher diff":               {"plan"},
	"usher doctor":             {"health"},
	"usher actions versions":   {"history"},
	"usher events send":        {"post"},
	"usher completion":         {"completions"},
	"usher executions show":    {"status"},
	"usher bindings set":       {"update"},
	"usher executions":         {"runs"},
	"usher config print":       {"show", "list"},
	"usher dead-letters":       {"dlq", "deadletters"},
	"usher dead-letters retry": {"redrive"},
	"usher events refused":     {"rejected"},
}

// AddAliases gives every command below root its other names.
func AddAliases(root *cobra.Command) {
	taken := map[string]bool{}
	for _, child := range root.Commands() {
		taken[child.Name()] = true
		for _, alias := range child.Aliases {
			taken[alias] = true
		}
	}
	for _, child := range root.Commands() {
		more := slices.Concat(pathAliases[child.CommandPath()], singular(child))
		if root.HasParent() {
			more = append(more, aliases[child.Name()]...)
		}
		for _, alias := range more {
			if !taken[alias] {
				taken[alias] = true
				child.Aliases = append(child.Aliases, alias)
			}
		}
		AddAliases(child)
	}
}

// singular is the name of a command's noun without its s.
func singular(cmd *cobra.Command) []string {
	if one, plural := strings.CutSuffix(cmd.Name(), "s"); plural && cmd.HasSubCommands() {
		return []string{one}
	}
	return nil
}

// answers are words that people type, by the command they type them after, with what to
// type instead. Each command in quotes exists; a test checks that.
var answers = map[string]map[string]string{
	"usher": { //nolint:gosec // words, no credentials
		"ls":        "'usher actions list' lists the actions, 'usher executions list' what ran",
		"list":      "'usher actions list' lists the actions, 'usher executions list' what ran",
		"ps":        "'usher executions list' lists what ran and what runs",
		"status":    "'usher doctor' checks this installation and its host, 'usher executions list' lists what ran, 'usher keys show NAME' shows a key",
		"info":      "'usher doctor' checks this installation and its host, 'usher version' shows the version",
		"whoami":    "'usher profiles show' shows which host and key the commands use",
		"auth":      "'usher login URL' stores a host and its key, 'usher profiles list' lists those that are stored",
		"logout":    "'usher profiles rm NAME' removes a host's key from this machine, 'usher keys rm KEY' from the host",
		"context":   "'usher profiles list' lists the hosts, 'usher profiles use NAME' chooses one",
		"use":       "'usher profiles use NAME' chooses the host",
		"switch":    "'usher profiles use NAME' chooses the host",
		"open":      "there is no web page yet: 'usher executions list' lists what ran, 'usher tail' follows it",
		"ui":        "there is no web page yet: 'usher executions list' lists what ran, 'usher tail' follows it",
		"dashboard": "there is no web page yet: 'usher executions list' lists what ran, 'usher tail' follows it",
		"test":      "'usher run DIR' runs an action on its example event, 'usher dev DIR' again after each save, 'usher check ACTION' a new version on recorded executions",
		"invoke":    "'usher run DIR' runs an action here, 'usher events send FILE' sends an event to the host",
		"exec":      "'usher run DIR' runs an action here, 'usher events send FILE' sends an event to the host",
		"send":      "'usher events send FILE' sends an event",
		"emit":      "'usher events send FILE' sends an event",
		"trigger":   "'usher events send FILE' sends an event",
		"new":       "'usher init NAME' makes an action from a template",
		"create":    "'usher init NAME' makes an action from a template, 'usher actions create NAME' an empty one on the host",
		"generate":  "'usher init NAME' makes an action from a template",
		"add":       "'usher init NAME' makes an action from a template, 'usher deploy DIR' deploys it",
		"publish":   "'usher deploy DIR' deploys an action",
		"push":      "'usher deploy DIR' deploys an action, 'usher apply DIR' a whole folder of configuration",
		"upload":    "'usher deploy FILE' uploads and deploys an action",
		"pull":      "'usher export DIR' writes the host's actions and bindings to a folder",
		"release":   "'usher deploy DIR' deploys an action",
		"delete":    "'usher actions delete ACTION' deletes an action",
		"rm":        "'usher actions delete ACTION' deletes an action",
		"remove":    "'usher actions delete ACTION' deletes an action",
		"show":      "'usher actions show ACTION' shows an action, 'usher executions show EXECUTION' an execution",
		"get":       "'usher actions show ACTION' shows an action, 'usher executions show EXECUTION' an execution",
		"describe":  "'usher actions show ACTION' shows an action, 'usher executions show EXECUTION' an execution",
		"retry":     "'usher executions retry EXECUTION' runs what failed again",
		"rerun":     "'usher executions rerun EXECUTION' runs an execution again from its beginning",
		"cancel":    "'usher executions cancel EXECUTION' stops an execution",
		"stop":      "'usher executions cancel EXECUTION' stops an execution; an interrupt (Ctrl+C) or SIGTERM stops the host",
		"start":     "'usher serve' starts the host",
		"up":        "'usher serve' starts the host",
		"sync":      "'usher diff DIR' shows what 'usher apply DIR' would change",
		"server":    "'usher serve' starts the host",
		"restart":   "stop 'usher serve' with SIGTERM and start it again; SIGHUP reloads its configuration",
		"reload":    "SIGHUP lets 'usher serve' reload its configuration",
		"restore":   "stop the host and put the backup in its data directory; the steps are in 'usher backup --help'",
		"upgrade":   "install the new version and start 'usher serve' with it: it brings the data up to date; 'usher backup FILE' before",
		"update":    "install the new version and start 'usher serve' with it: it brings the data up to date; 'usher backup FILE' before",
		"migrate":   "'usher serve' brings the data up to date when it starts",
		"history":   "'usher executions list' lists what ran, 'usher audit' who changed what",
		"env":       "'usher secrets set ACTION NAME' sets a secret, 'usher config print' prints the configuration",
		"vars":      "'usher secrets set ACTION NAME' sets a secret",
		"validate":  "'usher inspect FILE' checks a module, 'usher diff DIR' compares a folder with the host",
		"lint":      "'usher inspect FILE' checks a module, 'usher run DIR' builds and runs an action",
		"watch":     "'usher dev DIR' runs an action again after each save, 'usher tail' follows the host",
		"error":     "'usher dead-letters list' lists what failed at last",
		"errors":    "'usher dead-letters list' lists what failed at last",
		"failures":  "'usher dead-letters list' lists what failed at last",
		"metrics":   "the host serves metrics for Prometheus at /metrics; 'usher doctor' counts what waits",
		"token":     "'usher keys create NAME' makes an API key",
		"tokens":    "'usher keys list' lists the API keys",
	},
	"usher actions": {
		"run":      "'usher run DIR' runs an action here, 'usher events send FILE' sends an event to the host",
		"test":     "'usher run DIR' runs an action on its example event, 'usher check ACTION' a new version on recorded executions",
		"invoke":   "'usher run DIR' runs an action here, 'usher events send FILE' sends an event to the host",
		"bind":     "'usher bind ACTION' binds an action to its trigger",
		"unbind":   "'usher unbind ACTION' unbinds an action",
		"rollback": "'usher rollback ACTION' deploys the version before",
		"logs":     "'usher logs ACTION' prints the logs of an action",
		"secrets":  "'usher secrets list ACTION' lists the secrets of an action",
		"init":     "'usher init NAME' makes an action from a template",
		"update":   "'usher deploy DIR' deploys a new version, 'usher bindings set ACTION' changes its settings",
		"edit":     "'usher deploy DIR' deploys a new version, 'usher bindings set ACTION' changes its settings",
		"upload":   "'usher actions deploy FILE' uploads and deploys an action",
		"publish":  "'usher actions deploy DIR' deploys an action",
		"diff":     "'usher check ACTION' compares versions on recorded executions, 'usher diff DIR' a folder with the host",
	},
	"usher secrets": {
		"import": "'usher secrets set ACTION --from .env' sets all secrets of a file",
		"bulk":   "'usher secrets set ACTION --from .env' sets all secrets of a file",
		"push":   "'usher secrets set ACTION --from .env' sets all secrets of a file",
		"show":   "values are never shown; 'usher secrets list ACTION' lists the names",
		"get":    "values are never shown; 'usher secrets list ACTION' lists the names",
	},
	"usher keys": {
		"use":    "'usher login URL' stores a key for the commands",
		"import": "'usher login URL' stores a key for the commands",
		"update": "'usher keys rotate KEY' replaces a key, also with another --expires",
		"renew":  "'usher keys rotate KEY' replaces a key, also with another --expires",
	},
	"usher profiles": {
		"add":    "'usher login URL' makes a profile",
		"create": "'usher login URL' makes a profile",
		"new":    "'usher login URL' makes a profile",
		"login":  "'usher login URL' makes a profile",
		"set":    "'usher login URL --profile NAME' replaces the key of a profile",
		"rename": "'usher login URL --profile NAME' makes one of another name, 'usher profiles rm NAME' removes the first",
	},
	"usher bindings": {
		"add":    "'usher bind ACTION' binds an action to its trigger",
		"create": "'usher bind ACTION' binds an action to its trigger",
		"rm":     "'usher unbind ACTION' unbinds an action",
		"remove": "'usher unbind ACTION' unbinds an action",
		"delete": "'usher unbind ACTION' unbinds an action",
	},
	"usher events": {
		"replay": "'usher executions rerun EXECUTION' runs the actions of an event again",
		"rerun":  "'usher executions rerun EXECUTION' runs the actions of an event again",
		"resend": "'usher executions rerun EXECUTION' runs the actions of an event again",
		"create": "'usher events send FILE' sends an event",
		"tail":   "'usher tail' follows the results",
	},
	"usher executions": {
		"tail":   "'usher tail' follows the results",
		"follow": "'usher tail' follows the results",
	},
}

// unknownCommand is the error of a word that is no command behind cmd: what to type
// instead of it, when that is known, or the nearest name. A name that is not near is not
// offered: it could change the host.
func unknownCommand(cmd *cobra.Command, word string) error {
	var names []string
	for _, child := range cmd.Commands() {
		names = append(names, child.Name())
	}
	hint := "run '" + cmd.CommandPath() + " --help' for its commands"
	most := max(2, len(word)/3)
	if len(word) <= 3 {
		most = 1
	}
	if near := text.Nearest(word, names, most); len(near) > 0 {
		hint = text.DidYouMean(near[0])
	}
	if answer := answers[cmd.CommandPath()][strings.ToLower(word)]; answer != "" {
		hint = answer
	}
	return term.UsageError{
		Err:  errors.New("unknown command " + strconv.Quote(word) + " for " + strconv.Quote(cmd.CommandPath())),
		Hint: hint,
	}
}

// Answers calls with with every word that has an answer, and the command behind which
// it is typed.
func Answers(with func(path, word, answer string)) {
	for path, words := range answers {
		for word, answer := range words {
			with(path, word, answer)
		}
	}
}
