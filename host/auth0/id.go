package auth0

import (
	"encoding/base32"
	"net/url"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"
)

// crockford is the alphabet of the host's ids.
var crockford = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// uuidChars is the length of a UUID's usual form.
const uuidChars = 36

// outside returns the form that an id has for Auth0's clients: the same 128
// bits as a UUID. What is no id of the host stays as it is.
func outside(id string) string {
	_, text, _ := strings.Cut(id, "_")
	bits, err := crockford.DecodeString(text)
	if err != nil || len(bits) != len(uuid.UUID{}) {
		return id
	}
	return uuid.UUID(bits).String()
}

// inside returns the host's id for one that a client sent: a UUID, or an id of
// the host with this prefix. What is neither gives an id that nothing has, for
// a name must never pass for an id.
func inside(prefix, id string) string {
	if strings.HasPrefix(id, prefix) {
		return id
	}
	bits, err := uuid.Parse(id)
	if err != nil || len(id) != uuidChars {
		return prefix
	}
	return prefix + crockford.EncodeToString(bits[:])
}

// param is a path parameter. Echo leaves it escaped when the path has escapes
// that it need not have.
func param(c echo.Context, name string) string {
	value := c.Param(name)
	if c.Request().URL.RawPath == "" {
		return value
	}
	if plain, err := url.PathUnescape(value); err == nil {
		return plain
	}
	return value
}
