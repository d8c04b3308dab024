package host

import (
	"cmp"
	"maps"
	"reflect"
	"slices"
	"time"
)

// Binding is an action's place in the order of a trigger, with its settings.
type Binding struct {
	ID          string    `json:"id"`
	Trigger     Trigger   `json:"trigger"`
	ActionID    string    `json:"action_id"`
	Action      string    `json:"action"` // the action's name
	DisplayName string    `json:"display_name"`
	Position    int       `json:"position"` // 0 runs first
	Settings    Settings  `json:"settings"` // what the operator set; see [Settings.Over] for what applies
	CreatedAt   time.Time `json:"created_at"`
	UpdatedAt   time.Time `json:"updated_at"`
}

// BindingWrite asks for one binding in a list that replaces a trigger's
// bindings. A nil field keeps what the same action's binding had.
type BindingWrite struct {
	Action      string    `json:"action"` // id or name
	DisplayName *string   `json:"display_name,omitempty"`
	Settings    *Settings `json:"settings,omitempty"`
}

// Settings say how one action is run. A zero field leaves the choice to the
// layer below: binding over version over [DefaultSettings].
type Settings struct {
	Limits     Limits     `json:"limits,omitzero"`
	Egress     Egress     `json:"egress,omitzero"`
	Retry      Retry      `json:"retry,omitzero"`
	OnFailure  OnFailure  `json:"on_failure,omitempty"`
	Checkpoint Checkpoint `json:"checkpoint,omitempty"`
	Record     Record     `json:"record,omitempty"` // of a trigger that decides: strict when any binding of it is
	Isolation  Isolation  `json:"isolation,omitempty"`

	// Rate is how many attempts may start in a span of time, Concurrency how many may run
	// at once; 0 is as many as the host runs. Breaker is on in the background unless it is
	// off. In the background what is over waits, and
	// holds up no other action; of a trigger that decides, the action does not run and
	// OnFailure counts.
	Rate        Rate    `json:"rate,omitempty"`
	Concurrency int     `json:"concurrency,omitempty"`
	Breaker     Breaker `json:"breaker,omitempty"`

	Config map[string]string `json:"config,omitempty"` // what the guest reads with config_get; not secret

	Resume       Resume `json:"resume,omitempty"`
	ResumeMaxAge Age    `json:"resume_max_age,omitempty"` // of an answer that a retry may take from the tape

	Tape          Taping `json:"tape,omitempty"`
	TapeBodyBytes int64  `json:"tape_body_bytes,omitempty"` // of a request or an answer on the tape, in JSON; what is over is cut
	TapeMaxAge    Age    `json:"tape_max_age,omitempty"`    // after which a tape is deleted; "": with its execution

	// RequireCheck refuses a deploy of a module that has not passed a check against
	// recorded executions, see [Checks]. Only that of a binding counts.
	RequireCheck bool `json:"require_check,omitempty"`
}

// IsZero reports whether s leaves every choice to the layer below; an empty list
// or map is no choice.
func (s Settings) IsZero() bool {
	if !s.Egress.IsZero() || len(s.Config) > 0 {
		return false
	}
	s.Egress, s.Config = Egress{}, nil
	return reflect.ValueOf(s).IsZero()
}

// Limits bound one run of an action. Each but LogBytes has a [Fault] of its own.
type Limits struct {
	TimeoutMillis     int64 `json:"timeout_ms,omitempty"`      // wall clock of the whole run
	MemoryBytes       int64 `json:"memory_bytes,omitempty"`    // the guest's linear memory
	OutputBytes       int64 `json:"output_bytes,omitempty"`    // what the guest may return
	LogBytes          int64 `json:"log_bytes,omitempty"`       // all its log lines; what is over is cut, and the run goes on
	RecordBytes       int64 `json:"record_bytes,omitempty"`    // what the run leaves in the store, in JSON: calls, tape, error, output, logs
	HostCalls         int64 `json:"host_calls,omitempty"`      // calls of host functions with an effect
	HTTPRequests      int64 `json:"http_requests,omitempty"`   // requests sent, redirects included
	RequestBytes      int64 `json:"request_bytes,omitempty"`   // body of one request
	ResponseBytes     int64 `json:"response_bytes,omitempty"`  // body of one response, raw and again decompressed
	HTTPTimeoutMillis int64 `json:"http_timeout_ms,omitempty"` // one request, redirects included
	Fuel              int64 `json:"fuel,omitempty"`            // instructions of the guest, about: the same on every machine
}

// EgressMode says where a guest may send requests.
type EgressMode string

// The modes. Private, loopback, link-local and other special addresses are
// refused in both, unless the operator allows their network.
const (
	EgressAllowlist EgressMode = "allowlist" // only what Allow lists; the default
	EgressPublic    EgressMode = "public"    // any public address
)

// Egress is where a guest may send requests. Allow lists origins:
// "hooks.slack.com" (https, port 443), "http://127.0.0.1:8080",
// "https://*.example.com" (a leading wildcard stands for one or more labels).
//
// Proxy and ClientCertificates say how requests get there; they widen nothing.
type Egress struct {
	Mode               EgressMode          `json:"mode,omitempty"`
	Allow              []string            `json:"allow,omitempty"`
	Proxy              Proxy               `json:"proxy,omitzero"`
	ClientCertificates []ClientCertificate `json:"client_certificates,omitempty"`
}

// IsZero reports whether e leaves every choice to the layer below.
func (e Egress) IsZero() bool {
	return e.Mode == "" && len(e.Allow) == 0 && e.Proxy.IsZero() && len(e.ClientCertificates) == 0
}

// Retry says how often and when a failed action runs again. The n-th wait is random
// between the half and the whole of min(MaxMillis, InitialMillis × 2ⁿ⁻¹), and never less
// than a Retry-After that the action's last response carried. No attempt begins later
// than MaxAge after the first one; the last one is made then. What an operator retries
// has all attempts and all the time again.
type Retry struct {
	MaxAttempts   int   `json:"max_attempts,omitempty"` // all attempts, the first included; 1 is no retry
	InitialMillis int64 `json:"initial_ms,omitempty"`
	MaxMillis     int64 `json:"max_ms,omitempty"`
	MaxAge        Age   `json:"max_age,omitempty"`
}

// OnFailure says what happens when an action has used up its attempts. The first
// two are for triggers that run in the background, the others for those that decide,
// whose actions have one attempt.
type OnFailure string

// The choices. In the background the failed action is a dead letter either way.
const (
	Continue  OnFailure = "continue" // later actions run; the execution ends partial; the default in the background
	Stop      OnFailure = "stop"     // the execution ends failed
	FailAllow OnFailure = "allow"    // as if the action were not bound: later actions run; the default of decisions
	FailDeny  OnFailure = "deny"     // the decision is deny
)

// Record says when a decision is answered.
type Record string

// The choices.
const (
	RecordAsync  Record = "async"  // before its record is durable: a crash can lose the record, and never changes the answer
	RecordStrict Record = "strict" // once its record is durable
)

// Checkpoint says when the next action may start.
type Checkpoint string

// The choices. Asynchronous costs at most the results of one group commit in a
// crash: those actions run again. Strict waits for the disk. Call does too, also within
// the action: before a request that is not safe to repeat, and after it was answered.
const (
	CheckpointAsync  Checkpoint = "async"
	CheckpointStrict Checkpoint = "strict"
	CheckpointCall   Checkpoint = "call"
)

// Strict reports whether the next action waits for the disk.
func (c Checkpoint) Strict() bool { return c == CheckpointStrict || c == CheckpointCall }

// Resume says what a retry does with the requests that an earlier attempt of the step
// had made with success.
type Resume string

// The choices. On answers an equal request from the tape of the earlier attempt, and
// sends what is left; off sends all of them again.
const (
	ResumeOn  Resume = "on"
	ResumeOff Resume = "off"
)

// Taping says of which runs the tape is stored.
type Taping string

// The choices. A run that is not taped can't be replayed or checked, and a retry after it
// does not resume.
const (
	TapeOff      Taping = "off"
	TapeFailures Taping = "failures" // of runs that failed
	TapeAll      Taping = "all"
)

// Age is a span of time in Go's form: "90m", "1h". "" is the default.
type Age string

// Duration returns the span, and false when it is malformed or not positive.
func (a Age) Duration() (time.Duration, bool) {
	d, err := time.ParseDuration(string(a))
	return d, err == nil && d > 0
}

// Isolation says how a run gets an instance that no other run has touched. In
// each it begins with the same memory and globals.
type Isolation string

// The choices. Without one a run gets the first one that its module allows.
const (
	IsolationReset Isolation = "reset" // a pooled instance that is restored to its snapshot after every run
	IsolationFresh Isolation = "fresh" // a new instance over a copy-on-write mapping of the snapshot
	IsolationPlain Isolation = "plain" // a new instance that initialises itself in every run
)

// DefaultSettings returns the bottom layer: what applies where neither the
// binding nor the version sets a value.
func DefaultSettings() Settings {
	return Settings{
		Limits: Limits{
			TimeoutMillis:     20_000,
			MemoryBytes:       64 << 20,
			OutputBytes:       1 << 20,
			LogBytes:          256 << 10,
			RecordBytes:       8 << 20,
			HostCalls:         10_000,
			HTTPRequests:      50,
			RequestBytes:      1 << 20,
			ResponseBytes:     4 << 20,
			HTTPTimeoutMillis: 10_000,
			Fuel:              10_000_000_000,
		},
		Egress:     Egress{Mode: EgressAllowlist},
		Retry:      Retry{MaxAttempts: 25, InitialMillis: 5_000, MaxMillis: 4 * 3600 * 1000, MaxAge: "24h"},
		OnFailure:  Continue,
		Checkpoint: CheckpointAsync,

		Resume:       ResumeOn,
		ResumeMaxAge: "48h",

		Tape:          TapeAll,
		TapeBodyBytes: 1 << 20,
	}
}

// DefaultSettingsOf is [DefaultSettings] for actions of a trigger: one that decides
// makes one attempt and has no checkpoint.
func DefaultSettingsOf(t Trigger) Settings {
	s := DefaultSettings()
	if t.Decides() {
		s.Retry, s.OnFailure, s.Checkpoint, s.Record = Retry{MaxAttempts: 1}, FailAllow, "", RecordAsync
		s.Resume, s.ResumeMaxAge = "", ""
	}
	return s
}

// IsDefault reports whether a run that calls nothing is under s, which is laid over
// [DefaultSettings], as under these alone.
func (s Settings) IsDefault() bool {
	return s.Limits == DefaultSettings().Limits && s.Egress.Proxy.IsZero() && len(s.Egress.ClientCertificates) == 0
}

// Over returns s laid over base: fields that s sets win, allowed hosts and
// config are joined. A list of client certificates replaces that of base.
func (s Settings) Over(base Settings) Settings {
	out := base
	out.Limits = s.Limits.over(base.Limits)
	out.Egress = s.Egress.over(base.Egress)
	out.Retry = s.Retry.over(base.Retry)
	out.OnFailure = cmp.Or(s.OnFailure, base.OnFailure)
	out.Checkpoint = cmp.Or(s.Checkpoint, base.Checkpoint)
	out.Record = cmp.Or(s.Record, base.Record)
	out.Isolation = cmp.Or(s.Isolation, base.Isolation)
	out.Rate = cmp.Or(s.Rate, base.Rate)
	out.Concurrency = cmp.Or(s.Concurrency, base.Concurrency)
	out.Breaker = cmp.Or(s.Breaker, base.Breaker)
	out.Resume = cmp.Or(s.Resume, base.Resume)
	out.ResumeMaxAge = cmp.Or(s.ResumeMaxAge, base.ResumeMaxAge)
	out.Tape = cmp.Or(s.Tape, base.Tape)
	out.TapeBodyBytes = cmp.Or(s.TapeBodyBytes, base.TapeBodyBytes)
	out.TapeMaxAge = cmp.Or(s.TapeMaxAge, base.TapeMaxAge)
	out.RequireCheck = s.RequireCheck || base.RequireCheck
	if len(s.Config) > 0 {
		out.Config = maps.Clone(base.Config)
		if out.Config == nil {
			out.Config = map[string]string{}
		}
		maps.Copy(out.Config, s.Config)
	}
	return out
}

func (l Limits) over(base Limits) Limits {
	return Limits{
		TimeoutMillis:     cmp.Or(l.TimeoutMillis, base.TimeoutMillis),
		MemoryBytes:       cmp.Or(l.MemoryBytes, base.MemoryBytes),
		OutputBytes:       cmp.Or(l.OutputBytes, base.OutputBytes),
		LogBytes:          cmp.Or(l.LogBytes, base.LogBytes),
		RecordBytes:       cmp.Or(l.RecordBytes, base.RecordBytes),
		HostCalls:         cmp.Or(l.HostCalls, base.HostCalls),
		HTTPRequests:      cmp.Or(l.HTTPRequests, base.HTTPRequests),
		RequestBytes:      cmp.Or(l.RequestBytes, base.RequestBytes),
		ResponseBytes:     cmp.Or(l.ResponseBytes, base.ResponseBytes),
		HTTPTimeoutMillis: cmp.Or(l.HTTPTimeoutMillis, base.HTTPTimeoutMillis),
		Fuel:              cmp.Or(l.Fuel, base.Fuel),
	}
}

func (e Egress) over(base Egress) Egress {
	out := Egress{
		Mode: cmp.Or(e.Mode, base.Mode), Allow: slices.Clone(base.Allow),
		Proxy: cmp.Or(e.Proxy, base.Proxy), ClientCertificates: e.ClientCertificates,
	}
	if len(out.ClientCertificates) == 0 {
		out.ClientCertificates = base.ClientCertificates
	}
	for _, origin := range e.Allow {
		if !slices.Contains(out.Allow, origin) {
			out.Allow = append(out.Allow, origin)
		}
	}
	return out
}

func (r Retry) over(base Retry) Retry {
	return Retry{
		MaxAttempts:   cmp.Or(r.MaxAttempts, base.MaxAttempts),
		InitialMillis: cmp.Or(r.InitialMillis, base.InitialMillis),
		MaxMillis:     cmp.Or(r.MaxMillis, base.MaxMillis),
		MaxAge:        cmp.Or(r.MaxAge, base.MaxAge),
	}
}

// The default limit on the size of a module, in bytes, and the largest limit
// that the host may be configured with.
const (
	DefaultModuleBytes = 32 << 20
	MaxModuleBytes     = 64 << 20
)

// The bounds of a binding's settings.
const (
	MaxTimeoutMillis = 15 * 60 * 1000
	MaxMemoryBytes   = 1 << 30
	MaxLogBytes      = 16 << 20
	MinMemoryBytes   = 64 << 10 // one page of WebAssembly, the unit of memories
	MaxAttempts      = 100
	MaxWaitMillis    = 24 * 3600 * 1000
	MaxRetryAge      = 30 * 24 * time.Hour
	MaxResumeAge     = 30 * 24 * time.Hour
)
