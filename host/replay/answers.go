package replay

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/usherhost/usher/host"
)

// Answers are given in place of a tape's, by the number of their call.
type Answers map[int]json.RawMessage

// answerable are the functions whose answers come from outside.
var answerable = []string{"http_send", "http_start", "http_wait", "cache_get", "cache_set", "cache_delete"}

// parse reads what people wrote.
func (a Answers) parse() (Answers, error) {
	parsed := make(Answers, len(a))
	for _, n := range slices.Sorted(maps.Keys(a)) {
		var err error
		if parsed[n], err = parseAnswer(a[n]); err != nil {
			return nil, fmt.Errorf("the answer to call %d: %w", n, err)
		}
	}
	return parsed, nil
}

// check reports the first answer that no call of a replay took.
func (a Answers) check(calls []host.Call) error {
	for _, n := range slices.Sorted(maps.Keys(a)) {
		if n < 0 || n >= len(calls) {
			return &host.Error{Code: host.Invalid, Text: fmt.Sprintf("there is no call %d to answer", n), Hint: fmt.Sprintf("the replay made %d calls, counted from 0", len(calls))}
		}
		if f := calls[n].Function; !slices.Contains(answerable, f) {
			return &host.Error{Code: host.Invalid, Text: fmt.Sprintf("call %d is %s, whose answer the host computes", n, f), Hint: "give answers to requests and to the cache"}
		}
	}
	return nil
}

// parseAnswer reads an answer as people write it: {"status": 429, "headers": {"retry-after":
// "1"}, "body": …} or {"error": {"code": "timeout", "message": …}} of a request, where a
// body that is no string is sent as JSON. Anything else is taken as it is, for the cache.
func parseAnswer(document []byte) (json.RawMessage, error) {
	var given struct {
		Status     int                        `json:"status,omitempty"`
		Headers    map[string]json.RawMessage `json:"headers"`
		Body       json.RawMessage            `json:"body,omitempty"`
		BodyBase64 []byte                     `json:"body_base64,omitempty"`
		URL        string                     `json:"url,omitempty"`
		Error      *struct {
			Code    host.EgressCode `json:"code"`
			Message string          `json:"message"`
		} `json:"error,omitempty"`
	}
	if err := json.Unmarshal(document, &given); err != nil {
		return nil, &host.Error{Code: host.Invalid, Text: "the answer is no JSON object", Hint: `write it as {"status": 429, "headers": {"retry-after": "1"}, "body": "slow down"}`, Err: err}
	}
	if given.Error != nil {
		return json.Marshal(map[string]any{"error": given.Error})
	}
	if given.Status == 0 {
		return document, nil
	}
	if given.Status < 100 || given.Status > 599 {
		return nil, &host.Error{Code: host.Invalid, Text: fmt.Sprintf("%d is no status of HTTP", given.Status), Hint: "write one from 100 to 599"}
	}
	headers := map[string][]string{}
	for name, raw := range given.Headers {
		var one string
		var many []string
		if json.Unmarshal(raw, &one) == nil {
			many = []string{one}
		} else if err := json.Unmarshal(raw, &many); err != nil {
			return nil, &host.Error{Code: host.Invalid, Text: fmt.Sprintf("the header %q must be a string or a list of strings", name)}
		}
		headers[name] = many
	}
	answer := map[string]any{"status": given.Status, "headers": headers, "url": given.URL}
	var body string
	switch {
	case given.BodyBase64 != nil:
		answer["body_base64"] = given.BodyBase64
	case given.Body == nil:
		answer["body"] = ""
	case json.Unmarshal(given.Body, &body) == nil:
		answer["body"] = body
	default:
		answer["body"] = string(given.Body)
	}
	return json.Marshal(answer)
}
