package bundle

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/usherhost/usher/host"
)

// handlers are the exports that run for a trigger.
var handlers = host.Entries()

// HandlerHint shows how an action exports its handler, one for each trigger.
func HandlerHint() string {
	hint := "write: "
	for i, t := range host.Triggers() {
		if i > 0 {
			hint += ", or for " + string(t) + ": "
		}
		hint += "exports." + t.Entry() + " = async (event, api) => { … }"
	}
	return hint
}

// handlers returns the handlers that the author's code names; none when it may
// export others.
func (j *job) handlers() []string {
	text := j.authorsCode()
	if others.MatchString(text) || j.survey.esm && slices.Contains(j.survey.exports, "default") {
		return nil
	}
	var named []string
	for _, h := range handlers {
		if strings.Contains(text, h) {
			named = append(named, h)
		}
	}
	return named
}

// checkHandler refuses an action whose code shows that it exports no handler.
// Exports that the code does not show are checked when it is evaluated.
func (j *job) checkHandler() error {
	if j.survey.esm {
		return j.checkModule()
	}
	text := j.authorsCode()
	for _, h := range handlers {
		if strings.Contains(text, h) {
			return nil
		}
	}
	if delegates.MatchString(text) {
		return nil
	}
	var names []string
	for _, m := range exportName.FindAllStringSubmatch(text, -1) {
		names = append(names, m[1])
	}
	return j.noHandler(append(names, objectExports(text)...))
}

// objectBegins finds an object that is all that a file exports, objectKey a key at its
// begin or behind a comma.
var (
	objectBegins = regexp.MustCompile(`\bmodule\.exports\s*=\s*\{`)
	objectKey    = regexp.MustCompile(`^\s*(?:async\s+)?\*?\s*["']?([A-Za-z_$][\w$]*)`)
)

// objectExports returns the keys of an object that is exported, for messages: braces in
// strings and comments are taken for code.
func objectExports(code string) (names []string) {
	at := objectBegins.FindStringIndex(code)
	if at == nil {
		return nil
	}
	depth := 0
	for i := at[1] - 1; i < len(code); i++ {
		switch code[i] {
		case '{', '(', '[':
			depth++
		case '}', ')', ']':
			if depth--; depth == 0 {
				return names
			}
		}
		if key := objectKey.FindStringSubmatch(code[i+1:]); depth == 1 && (code[i] == '{' || code[i] == ',') && key != nil {
			names = append(names, key[1])
		}
	}
	return names
}

// checkModule refuses an ES module that exports no handler. A default export is
// checked when it is evaluated: a handler may be in it.
func (j *job) checkModule() error {
	for _, name := range j.survey.exports {
		if slices.Contains(handlers, name) || name == "default" {
			return nil
		}
	}
	return j.noHandler(j.survey.exports)
}

// delegates finds exports of another module's values, and exports with computed
// names.
var delegates = regexp.MustCompile(`module\.exports\s*=\s*[^{\s]|exports\[|\.\.\.|Object\.(?:assign|definePropert)`)

// others finds what may export handlers that the code does not name.
var others = regexp.MustCompile(`module\.exports\s*=\s*[^{\s]|exports\[|module\.exports\s*=\s*\{[\s\S]*\.\.\.|Object\.(?:assign|definePropert\w+)\(\s*(?:module\.)?exports\b`)

// exportName finds an export and its name.
var exportName = regexp.MustCompile(`\bexports\.([A-Za-z_$][\w$]*)\s*=[^=]`)

// noHandler returns the error of an action that exports these names and no handler.
func (j *job) noHandler(names []string) error {
	names = slices.DeleteFunc(names, func(n string) bool { return n == "__esModule" })
	slices.Sort(names)
	names = slices.Compact(names)
	m := host.BuildMessage{Text: "the action exports no handler", File: j.src.Name, Hint: HandlerHint()}
	if len(names) > 0 {
		m.Text += "; it exports " + strings.Join(names, ", ")
		m.Line, m.Column, m.LineText = locate(string(j.src.Code), names[0])
	}
	for _, name := range names {
		if near := closest(name, handlers); len(near) > 0 {
			m.Hint = fmt.Sprintf("did you mean %q?", near[0])
			m.Line, m.Column, m.LineText = locate(string(j.src.Code), name)
		} else if strings.HasPrefix(name, "onExecute") || strings.HasPrefix(name, "onContinue") {
			m.Hint = fmt.Sprintf("%q is for another trigger%s: this host runs %s", name, ofTrigger(name), strings.Join(handlers, " and "))
			m.Line, m.Column, m.LineText = locate(string(j.src.Code), name)
		}
	}
	return failure(m)
}

// otherTriggers are triggers that this host does not serve, by their handlers.
var otherTriggers = map[string]string{ //nolint:gosec // names of triggers
	"onExecutePostLogin":           "post-login",
	"onContinuePostLogin":          "post-login",
	"onExecuteCredentialsExchange": "credentials-exchange",
	"onExecutePostChangePassword":  "post-change-password",
	"onExecuteSendPhoneMessage":    "send-phone-message",
	"onExecutePostChallenge":       "password-reset-post-challenge",
	"onContinuePostChallenge":      "password-reset-post-challenge",
	"onExecuteCustomEmailProvider": "custom-email-provider",
	"onExecuteCustomPhoneProvider": "custom-phone-provider",
	"onExecuteCustomTokenExchange": "custom-token-exchange",
	"onExecuteEventStream":         "event-stream",
}

// ofTrigger returns ", post-login" for the handler of a trigger that is known.
func ofTrigger(handler string) string {
	if trigger, known := otherTriggers[handler]; known {
		return ", " + trigger
	}
	return ""
}

// locate returns the first place of a name in code, zeroes when it is not there.
func locate(code, name string) (line, column int, text string) {
	at := regexp.MustCompile(`(?:^|[^\w$])(` + regexp.QuoteMeta(name) + `)(?:$|[^\w$])`).FindStringSubmatchIndex(code)
	if at == nil {
		return 0, 0, ""
	}
	before := code[:at[2]]
	start := strings.LastIndex(before, "\n") + 1
	text, _, _ = strings.Cut(code[start:], "\n")
	return strings.Count(before, "\n") + 1, len([]rune(before[start:])) + 1, text
}
