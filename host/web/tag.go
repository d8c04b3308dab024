package web

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host"
)

// HeaderETag carries the tag of the state that an answer shows, HeaderIfMatch the
// tags of the states that a sender wants to change.
const (
	HeaderETag    = "ETag"
	HeaderIfMatch = "If-Match"
)

// Tag is a strong entity tag (RFC 9110, 8.8.3) of v, which must have a JSON form:
// two values have the same tag only if they have the same JSON.
func Tag(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return "" // a programmer's mistake; without a tag nothing is compared
	}
	sum := sha256.Sum256(text)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:16]) + `"`
}

// IfMatch returns a [host.Stale] error when the request's If-Match names another
// state than the one with this tag; "" is the tag of what does not exist. A request
// without If-Match is for any state.
func IfMatch(c echo.Context, tag string) error {
	wanted := c.Request().Header.Values(HeaderIfMatch)
	if len(wanted) == 0 {
		return nil
	}
	for w := range strings.SplitSeq(strings.Join(wanted, ","), ",") {
		if w = strings.TrimSpace(w); tag != "" && (w == tag || w == "*") {
			return nil
		}
	}
	return Stale()
}

// Stale is the error for a change that was meant for an earlier state.
func Stale() error {
	return &host.Error{
		Code: host.Stale, Text: "this has changed since you read it; nothing was changed now",
		Hint: "read it again, make your change to that, and send it with the new ETag",
	}
}

// SetTag gives the answer a tag.
func SetTag(c echo.Context, tag string) {
	if tag != "" {
		c.Response().Header().Set(HeaderETag, tag)
	}
}
