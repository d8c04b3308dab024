package host

import (
	"encoding/json"
	"time"
)

// TapePage is what an attempt's tape has, without secrets, and some of its calls.
type TapePage struct {
	ExecutionID string     `json:"execution_id"`
	Step        int        `json:"step"`
	Action      string     `json:"action"`
	Attempt     int        `json:"attempt"`
	Start       *time.Time `json:"start,omitempty"` // the guest's clock at its start; nil when it never read it
	Random      bool       `json:"random"`          // it took random numbers
	Secrets     []string   `json:"secrets"`         // the names of those that it had
	Total       int        `json:"total"`           // how many calls it made
	Calls       []TapeCall `json:"calls"`
}

// TapeCall is one host call as it may be shown: tokens stand for the values of secrets.
type TapeCall struct {
	Ordinal    int             `json:"ordinal"`
	Function   string          `json:"function"`
	Request    json.RawMessage `json:"request,omitempty"`
	Answer     json.RawMessage `json:"answer,omitempty"`
	EndMicros  int64           `json:"end_us"`                 // the guest's clock after it, from its start
	RequestCut int64           `json:"request_cut,omitempty"`  // how long the request was, in JSON, if it is not whole
	AnswerCut  int64           `json:"answer_cut,omitempty"`   // likewise
	From       int             `json:"from_attempt,omitempty"` // the earlier attempt from whose tape it was answered
}

// The most calls of a [TapePage], and how many it has by default.
const (
	MaxTapePage     = 500
	DefaultTapePage = 50
)
