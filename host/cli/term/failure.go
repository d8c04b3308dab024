package term

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/client"
	"github.com/usherhost/usher/host/web"
)

// Fail prints err on stderr and returns its exit code.
func (t Terminal) Fail(cmd *cobra.Command, err error) int {
	code := ExitCode(err)
	if _, ok := errors.AsType[SilentExit](err); ok {
		return code
	}
	text, hint, fields := errorText(cmd, err)
	if t.JSON {
		t.failJSON(code, text, hint, fields, err)
		return code
	}
	Fprintf(t.Err, "%s %s\n", t.Red("usher:"), Under(text))
	for _, f := range fields {
		Fprintf(t.Err, "usher:   %s: %s\n", cmp.Or(f.Pointer, "/"), f.Detail)
	}
	if hint != "" {
		Fprintf(t.Err, "%s %s\n", t.Bold("usher: hint:"), Hang(hint, "usher: hint: "))
	}
	return code
}

// Under makes an error's further lines stand under the first, so that none can be
// taken for a hint.
func Under(text string) Block {
	first, rest, more := strings.Cut(text, "\n")
	if !more {
		return Hang(text, "")
	}
	out := oneLine(first)
	for line := range strings.SplitSeq(rest, "\n") {
		line = oneLine(line)
		if !strings.HasPrefix(line, "usher:   ") && !strings.HasPrefix(line, "  ") {
			line = "usher:   " + line
		}
		out += "\n" + line
	}
	return Block(out)
}

func (t Terminal) failJSON(code int, text, hint string, fields []host.Field, err error) {
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
	case ExitUsage:
		name = string(host.Invalid)
	}
	encoder := json.NewEncoder(t.Err)
	encoder.SetEscapeHTML(false)
	p := problem{Code: name, Text: text, Hint: hint, Fields: fields, ExitCode: code}
	if script, ok := errors.AsType[interface {
		error
		Messages() []host.BuildMessage
	}](err); ok {
		p.Messages = script.Messages()
	}
	_ = encoder.Encode(map[string]problem{"error": p})
}

// errorText makes err's text, hint and fields for the user: the command, then what
// went wrong.
func errorText(cmd *cobra.Command, err error) (text, hint string, fields []host.Field) {
	text = err.Error()
	if verb := commandVerb(cmd); verb != "" {
		text = verb + ": " + text
	}
	if usage, ok := errors.AsType[UsageError](err); ok {
		hint = usage.Hint
	}
	if e, ok := errors.AsType[*host.Error](err); ok {
		hint, fields = web.Hint(e.Hint, e.Fix), e.Fields
		if hint == "" {
			hint = hintFor(e.Code)
		}
	}
	if _, ok := errors.AsType[*client.Problem](err); ok { // a server must not add lines
		text, hint = oneLine(text), oneLine(hint)
	}
	if unreachable(err) {
		hint = hintUnreachable(err)
	}
	return text, hint, fields
}

// hintUnreachable says what to do about a server that gave no answer.
func hintUnreachable(err error) string {
	if strings.Contains(err.Error(), "server gave HTTP response to HTTPS client") {
		return "this host serves plain HTTP: write its URL with http://"
	}
	return "start the host with 'usher serve', or name another with --url, --profile or USHER_URL"
}

func hintFor(code host.Code) string {
	switch code {
	case host.Unauthorized:
		return "give an API key with 'usher login', --key or USHER_API_KEY; the first start wrote one to admin.key in the data directory (--data)"
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

// unreachable reports whether err is a server that gave no answer.
func unreachable(err error) bool {
	_, ok := errors.AsType[*url.Error](err)
	return ok && !errors.Is(err, context.Canceled)
}
