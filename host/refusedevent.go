package host

import "time"

// RefusedEventPrefix begins the ids of refused events.
const RefusedEventPrefix = "ref_"

// RefusedEvent is one request of a sender with a valid key whose event, or batch
// of events, was invalid. It is kept for a day, so that it
// can be sent again once its sender or the host is fixed.
type RefusedEvent struct {
	ID          string    `json:"id"`
	Trigger     Trigger   `json:"trigger"`
	KeyID       string    `json:"key_id"`
	Code        Code      `json:"code"`
	Detail      string    `json:"detail"`
	Hint        string    `json:"hint,omitempty"`
	Errors      []Field   `json:"errors,omitempty"`
	ContentType string    `json:"content_type,omitempty"`
	SizeBytes   int64     `json:"size_bytes"` // of the body; 0 when it was not read
	Kept        bool      `json:"kept"`       // the body is stored, and can be sent again
	ReceivedAt  time.Time `json:"received_at"`
	ExpiresAt   time.Time `json:"expires_at"`

	// Sealed is what was sent, encrypted; nil in lists and when it is not kept.
	Sealed []byte `json:"-"`
}

// RefusedEventQuery selects refused events, newest first. Empty fields select
// all.
type RefusedEventQuery struct {
	Before string // the id of the last one of the page before
	KeyID  string
	Limit  int // 0 is 50
}

// RefusedEventLimits bound the stored refused events. The oldest ones beyond them are
// deleted first.
type RefusedEventLimits struct {
	Count, Bytes       int64 // of all
	KeyCount, KeyBytes int64 // of each API key
}

// Correction replaces parts of a refused event that is sent again.
type Correction struct {
	ContentType string // "" leaves that of the first time
	Body        []byte // nil leaves that of the first time
}
