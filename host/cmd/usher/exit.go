package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/client"
	"github.com/usherhost/usher/host/internal/text"
	"github.com/usherhost/usher/host/jsbuild/dist"
	"github.com/usherhost/usher/host/web"
)

// The exit codes. They are part of the interface: scripts rely on them.
const (
	exitOK          = 0
	exitFailure     = 1
	exitUsage       = 2
	exitNotFound    = 3
	exitKey         = 4
	exitRefused     = 5
	exitUnreachable = 6
	exitAction      = 7
	exitUnseen      = 8
	exitDiffers     = 9
)

// exitCodes is the table of `usher help exit-codes`.
var exitCodes = []struct {
	code    int
	meaning string
}{
	{exitOK, "done"},
	{exitFailure, "it failed for a reason that has no code of its own"},
	{exitUsage, "the command line or the configuration is wrong"},
	{exitNotFound, "no such action, binding, event, execution, key or file"},
	{exitKey, "no API key, an unknown one, or one without the scope"},
	{exitRefused, "well formed, but refused: a conflict, a module that does not fit, a limit"},
	{exitUnreachable, "the server does not answer, or is closing"},
	{exitAction, "the action failed ('usher run', 'usher executions show --exit-code')"},
	{exitUnseen, "the event is accepted, but the key may not see what became of it ('usher events send --wait')"},
	{exitDiffers, "the host is not like the files ('usher diff --exit-code')"},
}

func newExitCodes() *cobra.Command {
	var text strings.Builder
	text.WriteString("Every command ends with one of these codes:\n\n")
	for _, c := range exitCodes {
		fmt.Fprintf(&text, "  %d  %s\n", c.code, c.meaning)
	}
	text.WriteString("\nErrors go to stderr: a line that begins with 'usher:' says what happened,\n" +
		"a line that begins with 'usher: hint:' what to do. With --json they are one\n" +
		"JSON object, with the exit code in it.")
	return &cobra.Command{Use: "exit-codes", Short: "What the exit codes mean", Long: text.String()}
}

// usageError is a command line or configuration that can't be followed.
type usageError struct {
	err  error
	hint string
}

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

// silentExit ends the process with a code when all has been said already.
type silentExit int

func (e silentExit) Error() string { return "exit " + strconv.Itoa(int(e)) }

// exitCode returns the code that err ends the process with.
func exitCode(err error) int {
	if silent, ok := errors.AsType[silentExit](err); ok {
		return int(silent)
	}
	if _, ok := errors.AsType[usageError](err); ok {
		return exitUsage
	}
	if unreachable(err) {
		return exitUnreachable
	}
	if errors.Is(err, dist.ErrNoEngine) {
		return exitFailure // no server is to blame
	}
	if e, ok := errors.AsType[*host.Error](err); ok {
		return exitCodeOf(e.Code)
	}
	return exitFailure
}

// unreachable reports whether err is a server that gave no answer.
func unreachable(err error) bool {
	_, ok := errors.AsType[*url.Error](err)
	return ok && !errors.Is(err, context.Canceled)
}

func exitCodeOf(code host.Code) int {
	switch code {
	case host.NotFound:
		return exitNotFound
	case host.Unauthorized, host.Forbidden:
		return exitKey
	case host.Conflict, host.Stale, host.Refused, host.KeyReused, host.Overloaded, host.TooLarge, host.Unsupported, host.Fenced:
		return exitRefused
	case host.Invalid:
		return exitUsage
	case host.Unavailable:
		return exitUnreachable
	default:
		return exitFailure
	}
}

// fail tells err on stderr and returns its exit code.
func (t term) fail(cmd *cobra.Command, err error) int {
	code := exitCode(err)
	if _, ok := errors.AsType[silentExit](err); ok {
		return code
	}
	text, hint, fields := errorText(cmd, err)
	if t.json {
		t.failJSON(code, text, hint, fields, err)
		return code
	}
	fprintf(t.err, "%s %s\n", t.red("usher:"), under(text))
	for _, f := range fields {
		fprintf(t.err, "usher:   %s: %s\n", cmp.Or(f.Pointer, "/"), f.Detail)
	}
	if hint != "" {
		fprintf(t.err, "%s %s\n", t.bold("usher: hint:"), hang(hint, "usher: hint: "))
	}
	return code
}

// under makes an error's further lines stand under the first, so that none can be
// taken for a hint.
func under(text string) block {
	first, rest, more := strings.Cut(text, "\n")
	if !more {
		return hang(text, "")
	}
	out := oneLine(first)
	for line := range strings.SplitSeq(rest, "\n") {
		line = oneLine(line)
		if !strings.HasPrefix(line, "usher:   ") && !strings.HasPrefix(line, "  ") {
			line = "usher:   " + line
		}
		out += "\n" + line
	}
	return block(out)
}

func (t term) failJSON(code int, text, hint string, fields []host.Field, err error) {
	type problem struct {
		Code     string              `json:"code"`
		Text     string              `json:"text"`
		Hint     string              `json:"hint,omitempty"`
		Fields   []host.Field        `json:"fields,omitempty"`
		Messages []host.BuildMessage `json:"messages,omitempty"` // of a script that can't be built
		ExitCode int                 `json:"exit_code"`
	}
	name := string(host.CodeOf(err))
	switch code {
	case exitUnreachable:
		name = "unreachable"
	case exitUsage:
		name = string(host.Invalid)
	}
	encoder := json.NewEncoder(t.err)
	encoder.SetEscapeHTML(false)
	p := problem{Code: name, Text: text, Hint: hint, Fields: fields, ExitCode: code}
	if script, ok := errors.AsType[*scriptError](err); ok {
		p.Messages = script.messages
	}
	_ = encoder.Encode(map[string]problem{"error": p})
}

// errorText makes err's text, hint and fields for a person: which command it
// was, then what went wrong.
func errorText(cmd *cobra.Command, err error) (text, hint string, fields []host.Field) {
	text = err.Error()
	if verb := commandVerb(cmd); verb != "" {
		text = verb + ": " + text
	}
	if usage, ok := errors.AsType[usageError](err); ok {
		hint = usage.hint
	}
	if e, ok := errors.AsType[*host.Error](err); ok {
		hint, fields = web.Hint(e.Hint, e.Fix), e.Fields
		if hint == "" {
			hint = hintFor(e.Code)
		}
	}
	if _, ok := errors.AsType[*client.Problem](err); ok { // a server has no say in what lines there are
		text, hint = oneLine(text), oneLine(hint)
	}
	if unreachable(err) {
		hint = "start the host with 'usher serve', or name another with --url or " + envName("url")
	}
	return text, hint, fields
}

func hintFor(code host.Code) string {
	switch code {
	case host.Unauthorized:
		return "give an API key with --key or USHER_API_KEY; the first start wrote one to admin.key in the data directory (--data)"
	case host.Forbidden:
		return web.Words(*host.FixCreateKey.With(string(host.ScopeManage)))
	default:
		return ""
	}
}

// commandVerb turns "usher actions show" into "actions show".
func commandVerb(cmd *cobra.Command) string {
	if cmd == nil {
		return ""
	}
	words := strings.Fields(cmd.CommandPath())
	return strings.Join(words[1:], " ")
}

// didYouMean returns a hint with the candidate that is nearest to word, or
// otherwise when none is near.
func didYouMean(word string, candidates []string, otherwise string) string {
	if near := nearest(word, candidates); near != "" {
		return text.DidYouMean(near)
	}
	return otherwise
}

// nearest returns the candidate with the smallest edit distance to word, ""
// when all are further than half of its length.
func nearest(word string, candidates []string) string {
	if near := text.Nearest(word, candidates, max(len(word)/2, 2)); len(near) > 0 {
		return near[0]
	}
	return ""
}

func quote(s string) string { return strconv.Quote(s) }
