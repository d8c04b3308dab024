package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/client"
)

// resultView shows a guest's output as the JSON that it is, or else as bytes,
// as the API does.
type resultView struct {
	host.Result
	Output       json.RawMessage `json:"output,omitempty"`
	OutputBase64 []byte          `json:"output_base64,omitempty"`
}

func viewResult(r host.Result) resultView {
	if json.Valid(r.Output) {
		return resultView{Result: r, Output: r.Output}
	}
	return resultView{Result: r, OutputBase64: r.Output}
}

// seqResultView is one line of `usher logs --json`.
type seqResultView struct {
	Seq int64 `json:"seq"`
	resultView
}

// executionView is what `usher executions show --json` prints.
type executionView struct {
	host.Execution
	Results []resultView `json:"results"`
}

func viewExecution(e client.Execution) executionView {
	view := executionView{Execution: e.Execution, Results: make([]resultView, len(e.Results))}
	for i, r := range e.Results {
		view.Results[i] = viewResult(r)
	}
	return view
}

// result writes one action's outcome for a person.
func (t term) result(w io.Writer, r host.Result) {
	for _, l := range r.Logs {
		fprintf(w, "  %s  %-5s %s\n", t.dim(l.At.UTC().Format("15:04:05.000")), l.Level, hang(l.Message, "      | "))
	}
	var hints []string
	if r.Error != nil {
		hints = append(hints, r.Error.Hint) // the verdict tells it
	}
	for _, c := range r.Calls {
		if c.Function != "http_start" || c.Error != "" { // the call that took the answer tells it all
			fprintln(w, "  "+callLine(c))
		}
		if c.Hint != "" && !slices.Contains(hints, c.Hint) {
			hints = append(hints, c.Hint)
			fprintf(w, "  hint: %s\n", c.Hint)
		}
	}
	if len(r.Output) > 0 {
		fprintf(w, "  output       %s\n", hang(string(r.Output), "      | "))
	}
	t.verdict(w, r)
}

func (t term) verdict(w io.Writer, r host.Result) {
	stats := fmt.Sprintf("%s (start %s, host calls %s), memory %s, fuel %s, %d HTTP requests",
		micros(r.Stats.TotalMicros), micros(r.Stats.StartMicros), micros(r.Stats.HostMicros),
		byteSize(r.Stats.MemoryBytes), amount(r.Stats.Fuel), r.Stats.HTTPRequests)
	if r.Succeeded {
		fprintf(w, "%s in %s\n", t.green(r.Action+" succeeded"), stats)
		return
	}
	fault := string(r.Fault)
	if r.Limit != "" {
		fault += " " + r.Limit
	}
	fprintf(w, "%s (fault: %s) in %s\n", t.red(r.Action+" failed"), fault, stats)
	if r.Error == nil {
		return
	}
	fprintf(w, "  %s\n", hang(strings.TrimSpace(r.Error.Line()), "  | "))
	if stack := stackUnder(*r.Error); stack != "" {
		fprintln(w, block(stack))
	}
	if r.Error.Hint != "" {
		fprintf(w, "  hint: %s\n", r.Error.Hint)
	}
}

// stackUnder returns what of a stack goes under the line that tells the error:
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

// callLine tells of one host call in one line.
func callLine(c host.CallNote) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-12s %s", c.Function, c.Target)
	if c.Status != 0 {
		fmt.Fprintf(&b, " → %d", c.Status)
	}
	if c.Error != "" {
		fmt.Fprintf(&b, " → %s", c.Error)
	}
	if c.Bytes > 0 {
		fmt.Fprintf(&b, " (%s)", byteSize(c.Bytes))
	}
	fmt.Fprintf(&b, " %s", micros(c.TookMicros))
	return b.String()
}
