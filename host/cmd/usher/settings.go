package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
)

// settingFlags are the flags that make host.Settings.
type settingFlags struct {
	allow       []string
	egress      string
	limits      []string
	attempts    int
	firstWait   int64
	longestWait int64
	onFailure   string
	checkpoint  string
	isolation   string
	config      []string
}

func (f *settingFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringArrayVar(&f.allow, "allow", nil, "origin that the action may reach, such as hooks.slack.com; repeatable")
	flags.StringVar(&f.egress, "egress-mode", "", "allowlist (only what is allowed) or public (every public address)")
	flags.StringArrayVar(&f.limits, "limit", nil, limitUsage)
	flags.IntVar(&f.attempts, "max-attempts", 0, "attempts, the first included; 1 is no retry")
	flags.Int64Var(&f.firstWait, "retry-initial-ms", 0, "longest first wait between attempts")
	flags.Int64Var(&f.longestWait, "retry-max-ms", 0, "longest wait between attempts")
	flags.StringVar(&f.onFailure, "on-failure", "", "continue (later actions run) or stop")
	flags.StringVar(&f.checkpoint, "checkpoint", "", "async or strict (the next action waits for the disk)")
	flags.StringVar(&f.isolation, "isolation", "", isolationUsage)
	flags.StringArrayVar(&f.config, "set", nil, "NAME=VALUE of the action's config; repeatable")
}

func (f *settingFlags) settings() (host.Settings, error) {
	config, err := splitPairs("set", f.config)
	if err != nil {
		return host.Settings{}, err
	}
	limits, err := parseLimits(f.limits)
	if err != nil {
		return host.Settings{}, err
	}
	s := host.Settings{
		Limits:     limits,
		Egress:     host.Egress{Mode: host.EgressMode(f.egress), Allow: f.allow},
		Retry:      host.Retry{MaxAttempts: f.attempts, InitialMillis: f.firstWait, MaxMillis: f.longestWait},
		OnFailure:  host.OnFailure(f.onFailure),
		Checkpoint: host.Checkpoint(f.checkpoint),
		Isolation:  host.Isolation(f.isolation),
	}
	if len(config) > 0 {
		s.Config = config
	}
	return s, s.Check("")
}

// given reports whether any of the flags was.
func (f *settingFlags) given(cmd *cobra.Command) bool {
	return slices.ContainsFunc([]string{
		"allow", "egress-mode", "limit", "max-attempts",
		"retry-initial-ms", "retry-max-ms", "on-failure", "checkpoint", "isolation", "set",
	}, cmd.Flags().Changed)
}

const (
	limitUsage     = "NAME=VALUE of a limit, such as timeout_ms=5000 or memory_bytes=134217728; repeatable"
	isolationUsage = "how a run gets its instance: reset, fresh or plain (default: the first that the module allows)"
)

// parseLimits reads NAME=VALUE pairs. The names are those of [host.Limits].
func parseLimits(pairs []string) (host.Limits, error) {
	values := map[string]int64{}
	for _, pair := range pairs {
		name, text, err := splitPair("limit", pair)
		if err != nil {
			return host.Limits{}, err
		}
		names := actionFileKeys["limits"]
		if !slices.Contains(names, name) {
			return host.Limits{}, usageError{
				err:  fmt.Errorf("unknown limit %q", name),
				hint: didYouMean(name, names, "the limits are "+join(names)),
			}
		}
		value, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return host.Limits{}, usageError{err: fmt.Errorf("--limit %s: %q is no whole number", name, text)}
		}
		values[name] = value
	}
	encoded, err := json.Marshal(values)
	if err != nil {
		return host.Limits{}, err
	}
	var limits host.Limits
	return limits, json.Unmarshal(encoded, &limits)
}

// limitsOf returns the limits that are set, as NAME=VALUE.
func limitsOf(limits host.Limits) []string {
	encoded, err := json.Marshal(limits)
	if err != nil {
		return nil
	}
	values := map[string]int64{}
	if err := json.Unmarshal(encoded, &values); err != nil {
		return nil
	}
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		pairs = append(pairs, fmt.Sprintf("%s=%d", name, values[name]))
	}
	return pairs
}

// settingsLine tells in one line what a binding sets itself.
func settingsLine(s host.Settings) string {
	var parts []string
	say := func(name string, value any, set bool) {
		if set {
			parts = append(parts, fmt.Sprintf("%s=%v", name, value))
		}
	}
	say("allow", strings.Join(s.Egress.Allow, ","), len(s.Egress.Allow) > 0)
	say("egress", s.Egress.Mode, s.Egress.Mode != "")
	parts = append(parts, limitsOf(s.Limits)...)
	say("max_attempts", s.Retry.MaxAttempts, s.Retry.MaxAttempts != 0)
	say("on_failure", s.OnFailure, s.OnFailure != "")
	say("checkpoint", s.Checkpoint, s.Checkpoint != "")
	say("isolation", s.Isolation, s.Isolation != "")
	say("config", len(s.Config), len(s.Config) > 0)
	return cmp.Or(strings.Join(parts, " "), "-")
}
