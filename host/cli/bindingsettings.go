package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/command"
)

// settingFlags are the flags that make host.Settings.
type settingFlags struct {
	allow       []string
	route       command.RouteFlags
	egress      string
	limits      []string
	attempts    int
	firstWait   int64
	longestWait int64
	retryAge    string
	onFailure   string
	checkpoint  string
	record      string
	isolation   string
	resume      string
	resumeAge   string
	tape        string
	tapeBody    int64
	tapeAge     string
	rate        string
	concurrency int
	breaker     string
	config      []string
	check       bool
}

func (f *settingFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringArrayVar(&f.allow, "allow", nil, "origin that the action may call, such as hooks.slack.com; repeatable")
	f.route.Add(flags)
	flags.StringVar(&f.egress, "egress-mode", "", "allowlist (only what is allowed) or public (every public address)")
	flags.StringArrayVar(&f.limits, "limit", nil, command.LimitUsage)
	flags.IntVar(&f.attempts, "max-attempts", 0, "number of attempts, including the first; 1: no retry")
	flags.Int64Var(&f.firstWait, "retry-initial-ms", 0, "longest first wait between attempts")
	flags.Int64Var(&f.longestWait, "retry-max-ms", 0, "longest wait between attempts")
	flags.StringVar(&f.retryAge, "retry-max-age", "", "how long after the first attempt the last one may begin, such as 2h")
	flags.StringVar(&f.onFailure, "on-failure", "", "continue (later actions run) or stop; of an action that decides: allow or deny")
	flags.StringVar(&f.checkpoint, "checkpoint", "", "async, strict (the next action starts only when the result is on disk), or call (each call that is not safe to repeat, too)")
	flags.StringVar(&f.record, "record", "", "async or strict (a decision is answered only when its record is on disk), of an action that decides")
	flags.StringVar(&f.isolation, "isolation", "", command.IsolationUsage)
	flags.StringVar(&f.resume, "resume", "", "on (a retry takes what an earlier attempt was answered from its tape) or off (it sends all again)")
	flags.StringVar(&f.resumeAge, "resume-max-age", "", "how old an answer may be that a retry takes from a tape, such as 90m")
	flags.StringVar(&f.tape, "tape", "", "of which runs the tape is stored: all, failures or off")
	flags.Int64Var(&f.tapeBody, "tape-body-bytes", 0, "how much of one request or answer is on the tape; what is over is cut")
	flags.StringVar(&f.tapeAge, "tape-max-age", "", "how long tapes are stored, such as 168h; without it as long as their executions")
	flags.StringVar(&f.rate, "rate", "", "attempts that may start in a second, minute or hour, such as 10/s or 100/m; what is over waits ('': no limit)")
	flags.IntVar(&f.concurrency, "concurrency", 0, "runs of the action at once; what is over waits (0: no limit of its own)")
	flags.StringVar(&f.breaker, "breaker", "", "on (while all its attempts fail, its work waits without losing attempts) or off")
	flags.BoolVar(&f.check, "require-check", false, "refuse a deploy of a module that has not passed 'usher check'")
	flags.StringArrayVar(&f.config, "set", nil, "NAME=VALUE of the action's config; repeatable")
}

func (f *settingFlags) settings() (host.Settings, error) {
	config, err := command.SplitPairs("set", f.config)
	if err != nil {
		return host.Settings{}, err
	}
	limits, err := command.ParseLimits(f.limits)
	if err != nil {
		return host.Settings{}, err
	}
	e, err := f.route.Egress()
	if err != nil {
		return host.Settings{}, err
	}
	e.Mode, e.Allow = host.EgressMode(f.egress), f.allow
	s := host.Settings{
		Limits:     limits,
		Egress:     e,
		Retry:      host.Retry{MaxAttempts: f.attempts, InitialMillis: f.firstWait, MaxMillis: f.longestWait, MaxAge: host.Age(f.retryAge)},
		OnFailure:  host.OnFailure(f.onFailure),
		Checkpoint: host.Checkpoint(f.checkpoint),
		Record:     host.Record(f.record),
		Isolation:  host.Isolation(f.isolation),

		Resume:       host.Resume(f.resume),
		ResumeMaxAge: host.Age(f.resumeAge),

		Tape:          host.Taping(f.tape),
		TapeBodyBytes: f.tapeBody,
		TapeMaxAge:    host.Age(f.tapeAge),
		RequireCheck:  f.check,

		Rate:        host.Rate(f.rate),
		Concurrency: f.concurrency,
		Breaker:     host.Breaker(f.breaker),
	}
	if len(config) > 0 {
		s.Config = config
	}
	return s, s.Check("")
}

// removed names the settings that the flags remove.
func (f *settingFlags) removed(cmd *cobra.Command) []string {
	var names []string
	for _, name := range f.route.Removed() {
		names = append(names, "egress/"+name)
	}
	if cmd.Flags().Changed("rate") && f.rate == "" {
		names = append(names, "rate")
	}
	if cmd.Flags().Changed("concurrency") && f.concurrency == 0 {
		names = append(names, "concurrency")
	}
	if cmd.Flags().Changed("require-check") && !f.check {
		names = append(names, "require_check")
	}
	return names
}

// given reports whether any of the flags was.
func (f *settingFlags) given(cmd *cobra.Command) bool {
	return slices.ContainsFunc([]string{
		"allow", "proxy", "proxy-secrets", "client-certificate", "egress-mode", "limit", "max-attempts",
		"retry-initial-ms", "retry-max-ms", "retry-max-age", "on-failure", "checkpoint", "record", "isolation", "resume", "resume-max-age", "tape", "tape-body-bytes", "tape-max-age", "rate", "concurrency", "breaker", "require-check", "set",
	}, cmd.Flags().Changed)
}

// settingsLine is the settings of a binding itself in one line.
func settingsLine(s host.Settings) string {
	var parts []string
	add := func(name string, value any, set bool) {
		if set {
			parts = append(parts, fmt.Sprintf("%s=%v", name, value))
		}
	}
	add("allow", strings.Join(s.Egress.Allow, ","), len(s.Egress.Allow) > 0)
	add("egress", s.Egress.Mode, s.Egress.Mode != "")
	add("proxy", s.Egress.Proxy.URL, !s.Egress.Proxy.IsZero())
	add("client_certificates", len(s.Egress.ClientCertificates), len(s.Egress.ClientCertificates) > 0)
	parts = append(parts, command.LimitsOf(s.Limits)...)
	add("max_attempts", s.Retry.MaxAttempts, s.Retry.MaxAttempts != 0)
	add("initial_ms", s.Retry.InitialMillis, s.Retry.InitialMillis != 0)
	add("max_ms", s.Retry.MaxMillis, s.Retry.MaxMillis != 0)
	add("max_age", s.Retry.MaxAge, s.Retry.MaxAge != "")
	add("on_failure", s.OnFailure, s.OnFailure != "")
	add("checkpoint", s.Checkpoint, s.Checkpoint != "")
	add("record", s.Record, s.Record != "")
	add("isolation", s.Isolation, s.Isolation != "")
	add("resume", s.Resume, s.Resume != "")
	add("resume_max_age", s.ResumeMaxAge, s.ResumeMaxAge != "")
	add("tape", s.Tape, s.Tape != "")
	add("tape_body_bytes", s.TapeBodyBytes, s.TapeBodyBytes != 0)
	add("tape_max_age", s.TapeMaxAge, s.TapeMaxAge != "")
	add("rate", s.Rate, s.Rate != "")
	add("concurrency", s.Concurrency, s.Concurrency != 0)
	add("breaker", s.Breaker, s.Breaker != "")
	add("require_check", s.RequireCheck, s.RequireCheck)
	add("config", len(s.Config), len(s.Config) > 0)
	return cmp.Or(strings.Join(parts, " "), "-")
}
