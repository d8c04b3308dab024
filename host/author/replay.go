package author

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/guest"
	"github.com/usherhost/usher/host/jsbuild/frames"
	"github.com/usherhost/usher/host/jsbuild/sourcemap"
	"github.com/usherhost/usher/host/replay"
	"github.com/usherhost/usher/host/tape"
)

// replayFlags are the flags of `usher replay`.
type replayFlags struct {
	ScriptFlags
	action  string
	attempt int
	version string
	module  string
	answers []string
	export  string
	mask    []string
}

func newReplay(env *command.Env) *cobra.Command {
	var f replayFlags
	cmd := &cobra.Command{
		Use:   "replay EXECUTION|FILE [CODE]",
		Short: "Play a recorded run back from its tape: nothing is sent",
		Long: `Play one attempt of an action back. The same code runs on the same event, and gets
from the tape what it got then: time, random numbers, secrets and every answer. So
nothing leaves the host, and nothing is stored. The replay is compared with what was
recorded, byte for byte: calls, logs, output, error and fuel. Where they first differ,
the difference is printed, and the exit code is 7.

EXECUTION is replayed on the host, FILE (which --export wrote) here, without a host.
Other code is played with --version or CODE: a module, a script or a folder, which is
built here. With --answer a call gets another answer: "what if Slack had said 429
here?" From there on the run plays with what is left of the tape, and ends at a request
that is not on it, which another --answer can answer.

FILE of an answer has {"status": 429, "headers": {"retry-after": "1"}, "body": "slow
down"}, where a body that is no string is sent as JSON, or {"error": {"code": "timeout",
"message": "…"}}. Calls are numbered as 'usher executions show' and this command print
them: the answer to a request can be given to the call that sent it, or to the
http_wait that got its answer.

--export writes one file with all that a replay needs, on any machine. It has no
secrets. --mask leaves out personal data: the names of members, or paths such as
user.address.

To run an event again for real, use 'usher executions rerun'.`,
		Example: `  usher replay exe_01JD8 --action notify-slack
  usher replay exe_01JD8 action.js
  usher replay exe_01JD8 --answer 3=response.json
  usher replay exe_01JD8 --export bug.tape.json --mask email,name
  usher replay bug.tape.json`,
		GroupID: command.GroupWork,
		Args:    cobra.RangeArgs(1, 2),
		RunE:    func(cmd *cobra.Command, args []string) error { return f.run(cmd.Context(), env, args) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.action, "action", "", "the action to replay, a name or an id (default: the one that failed, or the only one)")
	flags.IntVar(&f.attempt, "attempt", 0, "the attempt to replay, from 1 (default: the last)")
	flags.StringVar(&f.version, "version", "", "replay this version of the action: a number or an id")
	flags.StringVar(&f.module, "module", "", "replay this module or script, as CODE")
	flags.StringArrayVar(&f.answers, "answer", nil, "N=FILE: give call N the answer in FILE; repeatable")
	flags.StringVar(&f.export, "export", "", "write the recording to this file, and replay nothing; - is stdout")
	flags.StringSliceVar(&f.mask, "mask", nil, "with --export: leave out these members, by name or path")
	f.ScriptFlags.Add(cmd)
	return cmd
}

func (f *replayFlags) run(ctx context.Context, env *command.Env, args []string) error {
	if err := f.check(args); err != nil {
		return err
	}
	answers, err := readAnswers(f.answers)
	if err != nil {
		return err
	}
	if !strings.HasPrefix(args[0], host.ExecutionPrefix) {
		return f.replayFile(ctx, env, args[0], answers)
	}
	c, err := env.Client()
	if err != nil {
		return err
	}
	q := host.ReplayQuery{Action: f.action, Attempt: f.attempt, Version: f.version, Answers: answers}
	if f.export != "" {
		file, err := c.ExportTape(ctx, args[0], q, f.mask)
		if err != nil {
			return err
		}
		return f.write(env.Term, file)
	}
	if f.module != "" {
		if q.Module, err = f.code(ctx, env); err != nil {
			return err
		}
	}
	report, err := c.ReplayExecution(ctx, args[0], q)
	if err != nil {
		return err
	}
	return printReplay(env.Term, &report, f.module)
}

// check checks what the flags ask for together.
func (f *replayFlags) check(args []string) error {
	if len(args) == 2 {
		if f.module != "" {
			return term.UsageError{Err: errors.New("CODE and --module both name code"), Hint: "name it once"}
		}
		f.module = args[1]
	}
	switch {
	case f.module != "" && f.version != "":
		return term.UsageError{Err: errors.New("--version and other code exclude one another"), Hint: "replay one of them"}
	case f.attempt < 0:
		return term.UsageError{Err: fmt.Errorf("--attempt %d is no attempt", f.attempt), Hint: "attempts are counted from 1"}
	case len(f.mask) > 0 && f.export == "":
		return term.UsageError{Err: errors.New("--mask is for what --export writes"), Hint: "add --export FILE"}
	case f.export != "" && (f.module != "" || f.version != "" || len(f.answers) > 0):
		return term.UsageError{Err: errors.New("--export writes what was recorded, and replays nothing"), Hint: "export it first, and then replay the file with other code or answers"}
	case !strings.HasPrefix(args[0], host.ExecutionPrefix) && f.choosesAttempt():
		return term.UsageError{Err: fmt.Errorf("%s is a file with one attempt", args[0]), Hint: "--action, --attempt, --version and --export are for executions on a host"}
	}
	return nil
}

// code returns the module that was named, built when it is a script or a folder.
func (f *replayFlags) code(ctx context.Context, env *command.Env) ([]byte, error) {
	t, err := findTarget(f.module)
	if err != nil {
		return nil, err
	}
	if t.action != nil {
		if _, err := build(ctx, env.Term, t.action, false, f.consent); err != nil {
			return nil, err
		}
	}
	b := newToolchain(env, f.ScriptFlags)
	defer b.close(ctx)
	return b.module(ctx, t.path, t.action, "name a .wasm file, a script or a folder")
}

// choosesAttempt reports whether a flag is set that is for executions on a host.
func (f *replayFlags) choosesAttempt() bool {
	return f.action != "" || f.attempt != 0 || f.version != "" || f.export != ""
}

func (f *replayFlags) write(t term.Terminal, file []byte) error {
	if f.export == "-" {
		_, err := t.Out.Write(file)
		return err
	}
	if err := os.WriteFile(f.export, file, 0o600); err != nil {
		return fmt.Errorf("write %s: %w", f.export, err)
	}
	return t.Answer(map[string]any{"file": f.export, "bytes": len(file)}, func(w io.Writer) {
		term.Fprintf(w, "%s: %d bytes, without secrets\nnext: usher replay %s\n", f.export, len(file), f.export)
	})
}

const answerForm = `{"status": 429, "headers": {"retry-after": "1"}, "body": "slow down"}`

// readAnswers reads the files of --answer N=FILE.
func readAnswers(pairs []string) (replay.Answers, error) {
	answers := replay.Answers{}
	for _, pair := range pairs {
		number, path, ok := strings.Cut(pair, "=")
		n, err := strconv.Atoi(number)
		if !ok || err != nil || n < 0 {
			return nil, term.UsageError{Err: fmt.Errorf("--answer %q", pair), Hint: "write it as --answer 3=response.json: the number of a call, and a file"}
		}
		document, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("read the answer to call %d: %w", n, err)
		}
		if !json.Valid(document) {
			return nil, &host.Error{Code: host.Invalid, Text: path + " is not JSON", Hint: "an answer is " + answerForm}
		}
		answers[n] = document
	}
	return answers, nil
}

// replayFile plays an exported recording back here.
func (f *replayFlags) replayFile(ctx context.Context, env *command.Env, path string, answers replay.Answers) error {
	rec, err := readRecording(path)
	if err != nil {
		return err
	}
	b := newToolchain(env, f.ScriptFlags)
	defer b.close(ctx)
	report, err := f.play(ctx, env, b, rec, answers)
	if err != nil {
		return err
	}
	if report.Divergence != nil && f.module == "" && rec.Masker != nil {
		env.Term.Note("usher: the file has placeholders for secrets and for what is masked: what an action computes from them, such as a signature, can differ; its own host replays it exactly")
	}
	return printReplay(env.Term, &report, f.module)
}

func (f *replayFlags) play(ctx context.Context, env *command.Env, b *toolchain, rec *tape.Recording, answers replay.Answers) (host.ReplayReport, error) {
	code := replay.Code{Version: rec.Step.Number, Digest: rec.Step.Digest, Modules: replay.Module(rec.Module)}
	switch {
	case f.module != "":
		wasm, err := f.code(ctx, env)
		if err != nil {
			return host.ReplayReport{}, err
		}
		code = replay.Code{Digest: host.Digest(wasm), Modules: replay.Module(wasm)}
	case rec.Module == nil:
		return host.ReplayReport{}, &host.Error{Code: host.Invalid, Text: "the file has no module", Hint: "name the code to replay: usher replay FILE CODE"}
	}
	box, err := b.sandbox(ctx)
	if err != nil {
		return host.ReplayReport{}, err
	}
	r := &guest.Runner{Sandbox: box, Modules: code.Modules, SourceMaps: &sourcemap.Modules{Module: code.Modules.Module}, Frames: frames.Reader{}}
	return replay.Play(ctx, r, rec, code, answers)
}

func readRecording(path string) (*tape.Recording, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, &host.Error{Code: host.NotFound, Text: "there is no file " + path, Hint: "name an execution (exe_…), or a file that --export wrote", Err: err}
	}
	defer func() { _ = file.Close() }()
	rec, err := tape.Read(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return rec, nil
}

// printReplay prints what a replay came to. One that differs ends with the code of a
// failed action.
func printReplay(t term.Terminal, r *host.ReplayReport, module string) error {
	view := struct {
		*host.ReplayReport
		Result term.ResultView `json:"result"`
	}{r, term.ViewResult(r.Result)}
	if err := t.Answer(view, func(w io.Writer) { describeReplay(t, w, r, module) }); err != nil {
		return err
	}
	if !r.Same {
		return term.SilentExit(term.ExitAction)
	}
	return nil
}

func describeReplay(t term.Terminal, w io.Writer, r *host.ReplayReport, module string) {
	code := "version " + strconv.Itoa(r.Code.Version)
	if r.Code.Version == 0 {
		code = module
	}
	if r.Code.Ran {
		code += ", which ran then"
	} else {
		code += ", which is not what ran then"
	}
	t.Pairs(w, "replay of", fmt.Sprintf("%s, %s, attempt %d", r.ExecutionID, r.Action, r.Attempt),
		"code", code, "", "", "input", "event "+r.EventID+", as it was", "answers", answersOf(r))
	var b bytes.Buffer
	t.Result(&b, r.Result)
	for line := range strings.Lines(b.String()) {
		fmt.Fprint(w, "   "+line)
	}
	if d := r.Divergence; d != nil {
		describeDivergence(t, w, d)
	}
	if u := r.Unanswered; u != nil {
		term.Fprintf(w, "%s: call %d, %s %s, has no answer on the tape\nnext: add --answer %d=FILE, with an answer such as %s\n", t.Red("ended"), u.Ordinal, u.Function, u.Target, u.Ordinal, answerForm)
	}
	if !r.Same {
		return
	}
	switch {
	case len(r.Given) > 0:
		term.Fprintf(w, "%s up to call %d\n", t.Green("the same"), slices.Min(r.Given))
	case r.Code.Ran:
		term.Fprintf(w, "%s: %d calls, logs, output and fuel\n", t.Green("the same"), r.Calls)
	default:
		term.Fprintf(w, "%s: %d calls, logs and output; fuel %d, was %d\n", t.Green("the same"), r.Calls, r.Result.Stats.Fuel, r.RecordedFuel)
	}
}

func answersOf(r *host.ReplayReport) string {
	if len(r.Given) == 0 {
		return "from the tape; nothing is sent"
	}
	var given []string
	for _, n := range r.Given {
		given = append(given, strconv.Itoa(n))
	}
	return "from the tape, but yours to call " + strings.Join(given, ", ") + "; nothing is sent"
}

// describeDivergence prints the first difference, as lines that were (-) and are (+).
func describeDivergence(t term.Terminal, w io.Writer, d *host.ReplayDivergence) {
	named := func(c *host.ReplayCall) string {
		if c == nil {
			return "no call"
		}
		return strings.TrimRight(fmt.Sprintf("call %d, %s %s", c.Ordinal, c.Function, c.Target), " ")
	}
	switch {
	case d.Recorded == nil && d.Replayed == nil:
		term.Fprintf(w, "%s in %s\n", t.Red("first difference"), d.Part)
	case d.Recorded != nil && d.Replayed != nil && named(d.Recorded) == named(d.Replayed):
		term.Fprintf(w, "%s in %s\n", t.Red("first difference"), named(d.Replayed))
	default:
		term.Fprintf(w, "%s in the calls\n%s\n%s\n", t.Red("first difference"), t.Red("- "+named(d.Recorded)), t.Green("+ "+named(d.Replayed)))
	}
	for _, c := range d.Changes {
		term.Fprintf(w, "  %s\n", c.Path)
		if c.Recorded != "" {
			term.Fprintf(w, "%s\n", t.Red("  - "+c.Recorded))
		}
		if c.Replayed != "" {
			term.Fprintf(w, "%s\n", t.Green("  + "+c.Replayed))
		}
	}
	if d.More > 0 {
		term.Fprintf(w, "  and %d more\n", d.More)
	}
}
