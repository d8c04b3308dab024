package host

import "time"

// Event is something that happened in a registration flow. Body is the
// sender's JSON, byte for byte.
type Event struct {
	ID          string    `json:"id"`
	Tenant      string    `json:"tenant"`
	Trigger     Trigger   `json:"trigger"`
	UserID      string    `json:"user_id"`
	Body        []byte    `json:"-"`
	Traceparent string    `json:"traceparent,omitempty"` // W3C trace context of the request that brought it
	ReceivedAt  time.Time `json:"received_at"`
}

// NewEvent is an event to accept, with the key that identifies a repeat.
//
// With Strict, a repeat of Key must have the same Fingerprint, or it is
// refused with KeyReused. Without, a repeat gets the first execution whatever
// its body: a user registers once.
type NewEvent struct {
	Event
	Key         string
	Fingerprint [32]byte
	Strict      bool
}

// Accepted is the result for one NewEvent. Repeat is true when the ids are those of
// an earlier event with the same key.
type Accepted struct {
	EventID     string `json:"event_id"`
	ExecutionID string `json:"execution_id"`
	Repeat      bool   `json:"-"`
}

// EventQuery selects events, newest first. Zero fields do not filter.
type EventQuery struct {
	Trigger Trigger
	UserID  string
	Where   []FieldValue // all of them: searchable fields
	Since   time.Time    // accepted at that time or later
	Until   time.Time    // accepted before
	Before  string       // an event's id: only older ones
	Limit   int          // 1 to 500; 0 is 50
}
