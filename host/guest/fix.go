package guest

import (
	"slices"
	"strconv"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/text"
)

// egressFix is what allows the request that failed so, nil when nothing does.
func (c *call) egressFix(f *host.EgressFailure) *host.Fix {
	switch {
	case f.Proxy != "":
		return host.FixAllowProxy.With(f.Proxy)
	case f.Network != "":
		return host.FixAllowNetwork.With(f.Network)
	case f.Origin != "":
		return host.FixAllowOrigin.With(c.run.Step.Action, f.Origin)
	}
	return nil
}

// limitFix raises a limit to twice its value; it is nil for a limit that has no
// setting.
func (c *call) limitFix(limit string) *host.Fix {
	now := map[string]int64{
		"timeout_ms":      c.settings.Limits.TimeoutMillis,
		"memory_bytes":    c.settings.Limits.MemoryBytes,
		"output_bytes":    c.settings.Limits.OutputBytes,
		"record_bytes":    c.settings.Limits.RecordBytes,
		"host_calls":      c.settings.Limits.HostCalls,
		"http_requests":   c.settings.Limits.HTTPRequests,
		"request_bytes":   c.settings.Limits.RequestBytes,
		"response_bytes":  c.settings.Limits.ResponseBytes,
		"http_timeout_ms": c.settings.Limits.HTTPTimeoutMillis,
		"fuel":            c.settings.Limits.Fuel,
	}[limit]
	if now == 0 {
		return nil
	}
	return host.FixRaiseLimit.With(c.run.Step.Action, limit, strconv.FormatInt(2*now, 10))
}

// recordedFix returns a fix as it is recorded: a guest can make an origin long, and
// put a secret into it.
func (c *call) recordedFix(f *host.Fix) *host.Fix {
	if f == nil {
		return nil
	}
	out := host.Fix{Verb: f.Verb, Args: slices.Clone(f.Args)}
	for i, arg := range out.Args {
		out.Args[i] = text.Cut(c.redact(arg), maxNoteBytes)
	}
	return &out
}

// fix counts a fix.
func (m *measure) fix(f *host.Fix) {
	if f == nil {
		return
	}
	m.bytes += structBytes
	for _, arg := range f.Args {
		m.text(arg)
	}
}
