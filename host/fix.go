package host

import (
	"slices"
	"strings"
)

// Fix is a hint as data: what its reader can do about an error. The layers below
// transport know no commands and no paths, so they name the deed, and those who
// show the error word it: the API and the CLI by [web.Hint], `usher run` by its
// own flags, the Auth0-compatible API in Auth0's terms. A hint that names no
// command stays a string beside it.
//
// To add one, add a verb here and its words in web/hint.go; a test of the command
// checks that the command line exists with these flags.
//
// [web.Hint]: https://pkg.go.dev/github.com/usherhost/usher/host/web#Hint
type Fix struct {
	Verb FixVerb  `json:"verb"`
	Args []string `json:"args,omitempty"` // as [FixVerb.Args] names them
}

// FixVerb says what to do.
type FixVerb string

// The verbs.
const (
	FixListActions       FixVerb = "list_actions"
	FixListVersions      FixVerb = "list_versions"
	FixListBindings      FixVerb = "list_bindings"
	FixListSecrets       FixVerb = "list_secrets"
	FixListKeys          FixVerb = "list_keys"
	FixListExecutions    FixVerb = "list_executions"
	FixListRefusedEvents FixVerb = "list_refused_events"
	FixInitAction        FixVerb = "init_action"
	FixBuild             FixVerb = "build"
	FixInspect           FixVerb = "inspect"
	FixRun               FixVerb = "run"
	FixRecordFakes       FixVerb = "record_fakes"
	FixCheck             FixVerb = "check"
	FixCreateAction      FixVerb = "create_action"
	FixDeploy            FixVerb = "deploy"
	FixDeployFolder      FixVerb = "deploy_folder"
	FixDeleteAction      FixVerb = "delete_action"
	FixBind              FixVerb = "bind"
	FixSetSecret         FixVerb = "set_secret"
	FixCreateKey         FixVerb = "create_key"
	FixRotateKey         FixVerb = "rotate_key"
	FixAllowOrigin       FixVerb = "allow_origin"
	FixAllowNetwork      FixVerb = "allow_network"
	FixAllowProxy        FixVerb = "allow_proxy"
	FixRaiseLimit        FixVerb = "raise_limit"
	FixRaiseModuleBytes  FixVerb = "raise_module_bytes"
	FixRetryExecution    FixVerb = "retry_execution"
	FixRetryNow          FixVerb = "retry_now"
	FixRerunExecution    FixVerb = "rerun_execution"
	FixResume            FixVerb = "resume"
	FixShowHolds         FixVerb = "show_holds"
	FixSendCorrected     FixVerb = "send_corrected"
	FixExport            FixVerb = "export"
	FixAllowVariable     FixVerb = "allow_variable"
	FixAllowFiles        FixVerb = "allow_files"
	FixDoctor            FixVerb = "doctor"
	FixChooseData        FixVerb = "choose_data"
	FixNewDatabase       FixVerb = "new_database"
	FixListWebhooks      FixVerb = "list_webhooks"
	FixListDeliveries    FixVerb = "list_deliveries"
	FixEnableWebhook     FixVerb = "enable_webhook"
	FixListNotices       FixVerb = "list_notices"
)

// fixArgs names the arguments of each verb.
var fixArgs = map[FixVerb][]string{
	FixListActions:       {},
	FixListVersions:      {"action"},
	FixListBindings:      {},
	FixListSecrets:       {"action"},
	FixListKeys:          {},
	FixListExecutions:    {},
	FixListRefusedEvents: {},
	FixInitAction:        {},
	FixBuild:             {},
	FixInspect:           {},
	FixRun:               {},
	FixRecordFakes:       {"file"},
	FixCheck:             {"action"},
	FixCreateAction:      {"trigger"},
	FixDeploy:            {"action"},
	FixDeployFolder:      {"folder"},
	FixDeleteAction:      {"action"},
	FixBind:              {"action"},
	FixSetSecret:         {"action", "secret"},
	FixCreateKey:         {"scope"},
	FixRotateKey:         {"key"},
	FixAllowOrigin:       {"action", "origin"},
	FixAllowNetwork:      {"network"},
	FixAllowProxy:        {"proxy"},
	FixRaiseLimit:        {"action", "limit", "value"},
	FixRaiseModuleBytes:  {},
	FixRetryExecution:    {"execution"},
	FixRetryNow:          {"execution"},
	FixRerunExecution:    {"execution"},
	FixResume:            {"target"},
	FixShowHolds:         {},
	FixSendCorrected:     {"event"},
	FixExport:            {"folder"},
	FixAllowVariable:     {"variable"},
	FixAllowFiles:        {"folder"},
	FixDoctor:            {},
	FixChooseData:        {},
	FixNewDatabase:       {"folder"},
	FixListWebhooks:      {},
	FixListDeliveries:    {"webhook"},
	FixEnableWebhook:     {"webhook"},
	FixListNotices:       {},
}

// FixVerbs returns every verb, sorted.
func FixVerbs() []FixVerb {
	verbs := make([]FixVerb, 0, len(fixArgs))
	for v := range fixArgs {
		verbs = append(verbs, v)
	}
	slices.Sort(verbs)
	return verbs
}

// Args names the verb's arguments, in their order.
func (v FixVerb) Args() []string { return slices.Clone(fixArgs[v]) }

// With returns the fix with these arguments, which must be as many as the verb
// has.
func (v FixVerb) With(args ...string) *Fix {
	if len(args) != len(fixArgs[v]) {
		panic("fix " + string(v) + " takes " + strings.Join(fixArgs[v], ", "))
	}
	return &Fix{Verb: v, Args: args}
}

// Len returns about how many bytes f is, 0 for nil.
func (f *Fix) Len() int {
	if f == nil {
		return 0
	}
	n := len(f.Verb)
	for _, arg := range f.Args {
		n += len(arg)
	}
	return n
}

// Fill replaces each argument's name in braces, such as {action}, by the
// argument as quote returns it.
func (f Fix) Fill(template string, quote func(string) string) string {
	var pairs []string
	for i, name := range fixArgs[f.Verb] {
		if i < len(f.Args) {
			pairs = append(pairs, "{"+name+"}", quote(f.Args[i]))
		}
	}
	return strings.NewReplacer(pairs...).Replace(template)
}
