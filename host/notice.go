package host

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// NoticePrefix begins the ids of notices.
const NoticePrefix = "ntc_"

// NoticeKind says what happened.
type NoticeKind string

// The kinds.
const (
	NoticeDeadLetter      NoticeKind = "dead_letter.created" // an action failed in its last attempt
	NoticeBreakerOpened   NoticeKind = "breaker.opened"      // an action's breaker holds its attempts back
	NoticeBreakerClosed   NoticeKind = "breaker.closed"      // an action's breaker lets its attempts through again
	NoticeEventRefused    NoticeKind = "event.refused"       // a sender with a valid key sent an event that does not fit its trigger
	NoticeWebhookDisabled NoticeKind = "webhook.disabled"    // a webhook's receiver failed for too long
	NoticeWebhookTest     NoticeKind = "webhook.test"        // an operator tests a webhook: only that webhook gets it
)

// NoticeKinds returns the kinds that a webhook may ask for.
func NoticeKinds() []NoticeKind {
	return []NoticeKind{NoticeDeadLetter, NoticeBreakerOpened, NoticeBreakerClosed, NoticeEventRefused, NoticeWebhookDisabled}
}

// Valid reports whether a webhook may ask for the kind.
func (k NoticeKind) Valid() bool { return slices.Contains(NoticeKinds(), k) }

// Notice is what an operator should know of and may have to act on: a line in the log at
// level WARN, an entry in the list of notices, and a message to each webhook that asks for
// its kind. It contains no values of secrets, and no values of an event.
//
// Its maker sets Kind, Summary and what is known of the rest; ID, At, LastAt and
// Count are the store's. Notices of the same [Notice.Topic] that come within a minute are
// counted in one.
type Notice struct {
	ID     string     `json:"id"`
	Kind   NoticeKind `json:"kind"`
	At     time.Time  `json:"at"`      // when the first that it counts happened
	LastAt time.Time  `json:"last_at"` // when the last one did
	Count  int64      `json:"count"`   // how many it counts; the rest describes the first of them

	Summary string `json:"summary"`        // one sentence
	Hint    string `json:"hint,omitempty"` // what to do
	Fix     *Fix   `json:"fix,omitempty"`  // stored as it is; in answers it is part of Hint

	Trigger     Trigger      `json:"trigger,omitempty"`
	ActionID    string       `json:"action_id,omitempty"`
	Action      string       `json:"action,omitempty"` // name
	VersionID   string       `json:"version_id,omitempty"`
	Number      int          `json:"version,omitempty"`
	BindingID   string       `json:"binding_id,omitempty"`
	ExecutionID string       `json:"execution_id,omitempty"`
	Attempt     int          `json:"attempt,omitempty"`
	Fault       Fault        `json:"fault,omitempty"`
	Error       *ResultError `json:"error,omitempty"` // without its stack

	KeyID          string  `json:"key_id,omitempty"`           // of the sender of a refused event
	RefusedEventID string  `json:"refused_event_id,omitempty"` // while it is stored
	Code           Code    `json:"code,omitempty"`             // why it was refused
	Errors         []Field `json:"errors,omitempty"`           // the fields that were wrong

	WebhookID string `json:"webhook_id,omitempty"`
}

// Topic is what notices have in common that are counted together: the kind, and the action
// with its version, the sender or the webhook that it is about.
func (n *Notice) Topic() string {
	return strings.Join([]string{
		string(n.Kind), string(n.Trigger), n.ActionID, strconv.Itoa(n.Number), n.KeyID, string(n.Code), n.WebhookID,
	}, "|")
}

// Notifier reports what an operator should know of.
type Notifier interface {
	// Notify logs the notice and stores it soon after. It does not block, and may be
	// called by any goroutine.
	Notify(n Notice)
}

// NoticeQuery selects notices, newest first. Empty fields select all.
type NoticeQuery struct {
	Kind     NoticeKind
	ActionID string
	Since    time.Time // that happened last at that time or later
	Before   string    // the id of the last one of the page before
	Limit    int       // 1 to 500; 0 is 50
}

// AboutContent reports whether an event was refused for what it is: sending the same again
// would not help.
func (c Code) AboutContent() bool { return c.InWords() != "" }

// InWords is why an event was refused, without what was sent; "" when it was refused for
// another reason than its content.
func (c Code) InWords() string {
	switch c {
	case Invalid:
		return "it is not valid"
	case Unsupported:
		return "its form is not accepted"
	case TooLarge:
		return "it is too large"
	case KeyReused:
		return "its idempotency key was used before with another body"
	}
	return ""
}
