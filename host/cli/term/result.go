package term

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/usherhost/usher/host"
)

// ResultView shows a guest's output as the JSON that it is, or else as bytes,
// as the API does.
type ResultView struct {
	host.Result
	Output       json.RawMessage `json:"output,omitempty"`
	OutputBase64 []byte          `json:"output_base64,omitempty"`
}

// ViewResult returns how a result is shown as JSON.
func ViewResult(r host.Result) ResultView {
	if json.Valid(r.Output) {
		return ResultView{Result: r, Output: r.Output}
	}
	return ResultView{Result: r, OutputBase64: r.Output}
}

// Result prints the result of one run of an action.
func (t Terminal) Result(w io.Writer, r host.Result) {
	for _, l := range r.Logs {
		Fprintf(w, "  %s  %-5s %s\n", t.Dim(l.At.UTC().Format("15:04:05.000")), l.Level, Hang(l.Message, "      | "))
	}
	var hints []string
	if r.Error != nil {
		hints = append(hints, r.Error.Hint) // it comes with the verdict
	}
	for _, c := range r.Calls {
		if c.Function != "http_start" || c.Error != "" { // the call that took the response has it all
			Fprintln(w, "  "+callLine(c))
			if c.Body != "" {
				Fprintf(w, "    body       %s\n", Hang(strings.TrimSpace(c.Body), "      | "))
			}
		}
		if c.Hint != "" && !slices.Contains(hints, c.Hint) {
			hints = append(hints, c.Hint)
			Fprintf(w, "  hint: %s\n", c.Hint)
		}
	}
	if len(r.Output) > 0 {
		Fprintf(w, "  output       %s\n", Hang(string(r.Output), "      | "))
	}
	t.verdict(w, r)
}

func (t Terminal) verdict(w io.Writer, r host.Result) {
	stats := fmt.Sprintf("%s (start %s, host calls %s), memory %s, fuel %s, %d HTTP requests",
		Micros(r.Stats.TotalMicros), Micros(r.Stats.StartMicros), Micros(r.Stats.HostMicros),
		ByteSize(r.Stats.MemoryBytes), Amount(r.Stats.Fuel), r.Stats.HTTPRequests)
	if r.Succeeded {
		Fprintf(w, "%s in %s\n", t.Green(r.Action+" succeeded"), stats)
		return
	}
	fault := string(r.Fault)
	if r.Limit != "" {
		fault += " " + r.Limit
	}
	Fprintf(w, "%s (fault: %s) in %s\n", t.Red(r.Action+" failed"), fault, stats)
	if r.NonRetryable {
		Fprintln(w, "  it is not tried again: the action said that no attempt would help")
	}
	if r.Error == nil {
		return
	}
	Fprintf(w, "  %s\n", Hang(strings.TrimSpace(r.Error.Line()), "  | "))
	if stack := stackUnder(*r.Error); stack != "" {
		Fprintln(w, Block(stack))
	}
	if r.Error.Hint != "" {
		Fprintf(w, "  hint: %s\n", r.Error.Hint)
	}
}

// stackUnder returns the part of a stack that goes under the line with the error:
// JavaScript's stacks begin with that line, without its code, and indent the
// rest.
func stackUnder(e host.ResultError) string {
	bare := host.ResultError{Name: e.Name, Message: e.Message}.Line()
	rest, ok := strings.CutPrefix(e.Stack+"\n", bare+"\n")
	switch {
	case e.Stack == "", rest == "":
		return ""
	case ok:
		return frames(rest, "  ")
	}
	return frames(strings.TrimSpace(e.Stack), "    ")
}

// frames indents the lines of a stack. One that is not indented itself, and no
// closing bracket, is marked, so that it can't be taken for a hint.
func frames(stack, indent string) string {
	var b strings.Builder
	for line := range strings.Lines(strings.TrimRight(stack, "\n")) {
		line = oneLine(strings.TrimRight(line, "\r\n"))
		if len(indent) < len("    ") && line != "" && !strings.ContainsRune(" }])", rune(line[0])) {
			line = "| " + line
		}
		b.WriteString("\n" + indent + line)
	}
	return strings.TrimPrefix(b.String(), "\n")
}

// callLine is one host call in one line, with its number.
func callLine(c host.CallNote) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%2d %-12s %s", c.Ordinal, c.Function, c.Target)
	if c.Status != 0 {
		fmt.Fprintf(&b, " → %d", c.Status)
	}
	if c.Proxy != "" {
		fmt.Fprintf(&b, " through %s", c.Proxy)
	}
	if c.Error != "" {
		fmt.Fprintf(&b, " → %s", c.Error)
	}
	if c.Bytes > 0 {
		fmt.Fprintf(&b, " (%s)", ByteSize(c.Bytes))
	}
	if c.FromAttempt != 0 {
		fmt.Fprintf(&b, " from the tape of attempt %d", c.FromAttempt)
	} else {
		fmt.Fprintf(&b, " %s", Micros(c.TookMicros))
	}
	return b.String()
}
