package web

import (
	"slices"
	"strings"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/text"
)

// words are what a fix does, and the arguments of usher that do it.
type words struct {
	text    string
	command string
}

var fixes = map[host.FixVerb]words{
	host.FixListActions:       {"list the actions", "actions list"},
	host.FixListVersions:      {"list its versions", "actions versions {action}"},
	host.FixListBindings:      {"list the bindings", "bindings list"},
	host.FixListSecrets:       {"list its secrets", "secrets list {action}"},
	host.FixListKeys:          {"list the keys", "keys list"},
	host.FixListExecutions:    {"list the executions with their events", "executions list"},
	host.FixListRefusedEvents: {"list the refused events", "events refused list"},
	host.FixInitAction:        {"begin an action from a template", "init NAME"},
	host.FixBuild:             {"build it where it was written, and deploy the module", "build FILE"},
	host.FixInspect:           {"check a module before its upload", "inspect MODULE"},
	host.FixRun:               {"run the action on your machine", "run FILE --event EVENT"},
	host.FixRecordFakes:       {"record the answers of the network", "run FILE --event EVENT --record {file}"},
	host.FixCheck:             {"check its draft, or its newest version, on recorded executions", "check {action}"},
	host.FixCreateAction:      {"create an action for this trigger", "actions create NAME --trigger {trigger}"},
	host.FixDeploy:            {"deploy a version", "actions deploy FILE --name {action}"},
	host.FixDeployFolder:      {"deploy the folder of one action", "actions deploy {folder}"},
	host.FixDeleteAction:      {"unbind and delete it", "actions delete {action} --force"},
	host.FixBind:              {"bind it", "bind {action}"},
	host.FixSetSecret:         {"set the secret", "secrets set {action} {secret}"},
	host.FixCreateKey:         {"create a key with this scope", "keys create NAME --scope {scope}"},
	host.FixRotateKey:         {"rotate the key", "keys rotate {key} --expires 90d"},
	host.FixAllowOrigin:       {"allow the origin", "bindings set {action} --allow {origin}"},
	host.FixAllowNetwork:      {"start the host with this network allowed", "serve --allow-network {network}"},
	host.FixAllowProxy:        {"start the host with this proxy allowed", "serve --allow-proxy {proxy}"},
	host.FixRaiseLimit:        {"if the action needs more, raise the limit", "bindings set {action} --limit {limit}={value}"},
	host.FixRaiseModuleBytes:  {"start the host with a larger limit", "serve --max-module-bytes 67108864"},
	host.FixRetryExecution:    {"run the execution again", "executions retry {execution}"},
	host.FixRetryNow:          {"make it now", "executions retry {execution} --now"},
	host.FixRerunExecution:    {"run its event again, all its actions", "executions rerun {execution}"},
	host.FixResume:            {"let it run again", "resume {target}"},
	host.FixShowHolds:         {"see what holds it back", "holds"},
	host.FixSendCorrected:     {"send the event corrected", "events refused send-again {event} --file FILE"},
	host.FixExport:            {"write the actions of a host to the folder", "export {folder}"},
	host.FixAllowVariable:     {"let the folder read the variable", "apply DIR --allow-env {variable}"},
	host.FixAllowFiles:        {"let the folder read the files", "apply DIR --allow-files {folder}"},
	host.FixDoctor:            {"the host's operator can find the cause", "doctor"},
	host.FixChooseData:        {"choose another data directory", "--data DIR"},
	host.FixListWebhooks:      {"list the webhooks", "webhooks list"},
	host.FixListDeliveries:    {"list its deliveries", "webhooks deliveries {webhook}"},
	host.FixEnableWebhook:     {"enable it", "webhooks set {webhook} --enable"},
	host.FixListNotices:       {"list the notices", "notices list"},
	host.FixNewDatabase:       {"begin with a new, empty database", "serve --data {folder} --new-database"},
}

// Command returns the command line that carries out f, for a shell; "" for a
// verb of a newer version.
func Command(f host.Fix) string {
	w, known := fixes[f.Verb]
	if !known {
		return ""
	}
	return "usher " + f.Fill(w.command, text.ShellQuote)
}

// Words returns f in words: what to do, and the command that does it.
func Words(f host.Fix) string {
	w, known := fixes[f.Verb]
	if !known {
		return ""
	}
	if f.Verb == host.FixRaiseLimit && slices.Contains(f.Args, "fuel") {
		return "see what uses it: usher profile FILE --event EVENT; " + w.text + ": " + Command(f)
	}
	return w.text + ": " + Command(f)
}

// Hint joins a hint and a fix, either of which may be missing, to one string. A
// hint that ends with a line break has its lines to itself.
func Hint(hint string, fix *host.Fix) string { return JoinHint(hint, fix, Words) }

// JoinHint is [Hint] in other words than those of the command line.
func JoinHint(hint string, fix *host.Fix, words func(host.Fix) string) string {
	if fix == nil {
		return hint
	}
	deed := words(*fix)
	if hint == "" || deed == "" || strings.HasSuffix(hint, "\n") {
		return hint + deed
	}
	return hint + "; " + deed
}

// WordResult returns r with its fixes put into its hints.
func WordResult(r host.Result, words func(host.Fix) string) host.Result {
	if r.Error != nil && r.Error.Fix != nil {
		failed := *r.Error
		failed.Hint, failed.Fix = JoinHint(failed.Hint, failed.Fix, words), nil
		r.Error = &failed
	}
	if slices.ContainsFunc(r.Calls, func(n host.CallNote) bool { return n.Fix != nil }) {
		r.Calls = slices.Clone(r.Calls)
		for i := range r.Calls {
			n := &r.Calls[i]
			n.Hint, n.Fix = JoinHint(n.Hint, n.Fix, words), nil
		}
	}
	return r
}

// WordMessages returns a build's messages with their fixes put into their hints.
func WordMessages(list []host.BuildMessage) []host.BuildMessage {
	list = slices.Clone(list)
	for i := range list {
		m := &list[i]
		m.Hint, m.Fix = Hint(m.Hint, m.Fix), nil
	}
	return list
}

// WordProblems returns a module's problems with their fixes put into their hints.
func WordProblems(list []host.Problem) []host.Problem {
	list = slices.Clone(list)
	for i := range list {
		p := &list[i]
		p.Hint, p.Fix = Hint(p.Hint, p.Fix), nil
	}
	return list
}

// WordNotice returns n with its fixes put into its hint: what to do about the error, and
// then about the rest.
func WordNotice(n host.Notice) host.Notice {
	var first string
	if n.Error != nil {
		failed := *n.Error
		failed.Hint, failed.Fix = Hint(failed.Hint, failed.Fix), nil
		n.Error, first = &failed, strings.TrimSpace(failed.Hint)
	}
	rest := Hint(n.Hint, n.Fix)
	if n.Hint, n.Fix = rest, nil; first != "" && rest != "" {
		n.Hint = first + "; then " + rest
	} else if first != "" {
		n.Hint = first
	}
	return n
}
