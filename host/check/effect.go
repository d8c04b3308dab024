package check

import (
	"encoding/json"
	"net/url"
	"strings"

	"github.com/usherhost/usher/host"
)

// effect is what a run did to the world outside: a request that it sent, a change of the
// cache, a command to a flow that decides.
type effect struct {
	kind    string          // "http", "cache" or "command"
	name    string          // the target without what differs from run to run
	origin  string          // of a request
	message json.RawMessage // as the tape has it; equal for equal effects
}

// request is a request as the tape has it.
type request struct {
	Method        string              `json:"method"`
	URL           string              `json:"url"`
	Headers       map[string][]string `json:"headers"`
	Body          string              `json:"body"`
	BodyBase64    []byte              `json:"body_base64"`
	TimeoutMillis int64               `json:"timeout_ms"`
	Redirect      string              `json:"redirect"`
}

func requestOf(message json.RawMessage) (q request) {
	_ = json.Unmarshal(message, &q) // a message of the host's own
	return q
}

func (q *request) body() []byte {
	if q.BodyBase64 != nil {
		return q.BodyBase64
	}
	return []byte(q.Body)
}

func (q *request) method() string {
	if q.Method == "" {
		return "GET"
	}
	return strings.ToUpper(q.Method)
}

// effectsOf returns what a run did, in order.
func effectsOf(r *Run) []effect {
	var effects []effect
	for i := range r.Tape.Calls {
		c := &r.Tape.Calls[i]
		switch c.Function {
		case "http_send", "http_start":
			effects = append(effects, requestEffect(c))
		case "cache_set", "cache_delete":
			var named struct{ Key, Name string }
			_ = json.Unmarshal(c.Request, &named) // a message of the host's own
			effects = append(effects, effect{kind: "cache", name: c.Function + " " + template(named.Key+named.Name), message: c.Request})
		}
	}
	for _, command := range r.Result.Commands {
		message, _ := json.Marshal(command) // it always has a JSON form
		effects = append(effects, effect{kind: "command", name: strings.TrimRight(string(command.Type)+" "+command.Key, " "), message: message})
	}
	return effects
}

func requestEffect(c *host.Call) effect {
	q := requestOf(c.Request)
	name, origin := urlTemplate(q.URL)
	return effect{kind: "http", name: q.method() + " " + name, origin: origin, message: c.Request}
}

// urlTemplate returns a URL without what differs from user to user, and its origin.
// Of a query it has the names.
func urlTemplate(raw string) (name, origin string) {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return template(raw), ""
	}
	origin = strings.ToLower(u.Scheme + "://" + u.Host)
	segments := strings.Split(u.EscapedPath(), "/")
	for i, s := range segments {
		if varies(s) {
			segments[i] = "{}"
		}
	}
	return origin + strings.Join(segments, "/"), origin
}

// varies reports whether a part of a path or a word looks like it is of one user, one
// request or one time: a number, an identifier, an address.
func varies(s string) bool {
	digits := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c == '@' || c == '|' || c == '%':
			return true
		case c >= '0' && c <= '9':
			digits++
		}
	}
	const identifierBytes = 8
	return digits > 0 && (digits == len(s) || len(s) >= identifierBytes && digits*4 >= len(s)) || len(s) >= 4*identifierBytes
}

// template returns a line with {} in place of the words that vary.
func template(line string) string {
	var b strings.Builder
	for line != "" {
		word := line
		if end := strings.IndexAny(line, " \t\n\",:;=()[]{}<>"); end >= 0 {
			word = line[:max(end, 1)]
		}
		line = line[len(word):]
		if varies(word) {
			word = "{}"
		}
		b.WriteString(word)
	}
	return b.String()
}
