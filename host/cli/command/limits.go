package command

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/term"
)

// Descriptions of flags that several commands have.
const (
	LimitUsage     = "NAME=VALUE of a limit, such as timeout_ms=5000 or memory_bytes=134217728; repeatable"
	IsolationUsage = "how a run gets its instance: reset, fresh or plain (default: the first that the module allows)"
)

// ParseLimits reads NAME=VALUE pairs. The names are those of [host.Limits].
func ParseLimits(pairs []string) (host.Limits, error) {
	values := map[string]int64{}
	for _, pair := range pairs {
		name, text, err := splitPair("limit", pair)
		if err != nil {
			return host.Limits{}, err
		}
		names := limitNames()
		if !slices.Contains(names, name) {
			return host.Limits{}, term.UsageError{
				Err:  fmt.Errorf("unknown limit %q", name),
				Hint: term.DidYouMean(name, names, "the limits are "+strings.Join(names, ", ")),
			}
		}
		value, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return host.Limits{}, term.UsageError{Err: fmt.Errorf("--limit %s: %q is not an integer", name, text)}
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

// limitNames are the names of the limits, as JSON has them.
func limitNames() []string {
	limits := reflect.TypeFor[host.Limits]()
	names := make([]string, limits.NumField())
	for i := range names {
		names[i], _, _ = strings.Cut(limits.Field(i).Tag.Get("json"), ",")
	}
	return names
}

// LimitsOf returns the limits that are set, as NAME=VALUE.
func LimitsOf(limits host.Limits) []string {
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
