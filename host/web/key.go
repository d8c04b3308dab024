package web

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host"
)

// HeaderAPIKey is the header for senders that can't set Authorization.
const HeaderAPIKey = "X-Api-Key" //nolint:gosec // the name of a header, no credential

const (
	keySecretPrefix = "usher_"
	keyContextKey   = "web.key"
	maxKeyBytes     = 512
)

// Failed attempts that one address, or one key that lacks the scope, may make:
// a burst, then one a second. Above that it gets 429.
const (
	failedAttemptRate  = 1
	failedAttemptBurst = 20
)

// KeyStore finds API keys. It returns NotFound for the hash of no key.
type KeyStore interface {
	KeyByHash(ctx context.Context, hash [32]byte) (host.Key, error)
}

// NewKey returns a new secret ("usher_" and 52 characters: 256 random bits)
// and the hash to store. The secret is to be shown once and forgotten.
func NewKey() (secret string, hash [32]byte) {
	var random [32]byte
	_, _ = rand.Read(random[:]) // never fails: crypto/rand ends the process first
	alphabet := base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)
	secret = keySecretPrefix + alphabet.EncodeToString(random[:])
	return secret, HashKey(secret)
}

// HashKey returns the SHA-256 by which a key is stored and found. A slow hash
// would add nothing: keys are random, there is no dictionary to try.
func HashKey(secret string) [32]byte { return sha256.Sum256([]byte(secret)) }

// Authenticator checks the API keys of requests. It counts the failures of all
// routes together, so a host needs one.
type Authenticator struct {
	keys   KeyStore
	failed Limiter
}

// NewAuthenticator returns one that finds keys in a store.
func NewAuthenticator(keys KeyStore) *Authenticator {
	return &Authenticator{keys: keys, failed: Limiter{PerSecond: failedAttemptRate, Burst: failedAttemptBurst}}
}

// Require lets through requests that carry a key with scope, in
// "Authorization: Bearer" or in X-Api-Key; [KeyFrom] then returns the key.
// Without a valid key the answer is 401, with one that lacks the scope 403,
// and 429 to an address or a key that failed too often. A valid key is never
// limited by the failures of others behind the same address.
//
// The lookup is by hash, so its time reveals nothing about the secret: a guess
// that shares a prefix with a key shares nothing with the key's hash.
//
// The scope "" is that of every key.
func (a *Authenticator) Require(scope host.Scope) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			key, err := authenticate(c, a.keys, scope)
			if err != nil {
				return refuseFailed(c, &a.failed, key, err)
			}
			SetKey(c, key)
			return next(c)
		}
	}
}

// SetKey records that c was authenticated with key, for an API that authenticates
// in its own way.
func SetKey(c echo.Context, key host.Key) { c.Set(keyContextKey, &key) }

// KeyFrom returns the key that c was authenticated with; the zero Key when it
// was not.
func KeyFrom(c echo.Context) host.Key {
	if key, ok := c.Get(keyContextKey).(*host.Key); ok {
		return *key
	}
	return host.Key{}
}

func authenticate(c echo.Context, keys KeyStore, scope host.Scope) (host.Key, error) {
	secret, err := secretOf(c)
	if err != nil {
		return host.Key{}, err
	}
	hash := HashKey(secret)
	key, err := keys.KeyByHash(c.Request().Context(), hash)
	switch {
	case err != nil && host.CodeOf(err) == host.NotFound:
		return host.Key{}, unauthorized(c, invalidToken, "the API key is unknown",
			"it may have been deleted, or belong to another host", host.FixCreateKey.With(string(scope)))
	case err != nil:
		return host.Key{}, fmt.Errorf("look up API key: %w", err)
	}
	if err := key.Check(hash, time.Now()); err != nil {
		challenge(c, invalidToken)
		return host.Key{}, err
	}
	if scope != "" && !key.May(scope) {
		return key, forbidden(key, scope)
	}
	return key, nil
}

// secretOf finds the key in the request.
func secretOf(c echo.Context) (string, error) {
	header := c.Request().Header
	secret := header.Get(HeaderAPIKey)
	if given := header.Get(echo.HeaderAuthorization); given != "" {
		scheme, token, _ := strings.Cut(given, " ")
		if !strings.EqualFold(scheme, "Bearer") {
			return "", unauthorized(c, "", "the Authorization header is not of the Bearer scheme", howToSendKey, nil)
		}
		secret = strings.TrimSpace(token)
	}
	if secret == "" {
		return "", unauthorized(c, "", "the request has no API key", howToSendKey, nil)
	}
	if len(secret) > maxKeyBytes {
		return "", unauthorized(c, invalidToken, "the API key is too long to be one", howToSendKey, nil)
	}
	return secret, nil
}

const howToSendKey = `send the header "Authorization: Bearer usher_…" or "X-Api-Key: usher_…"`

// invalidToken is what RFC 6750 adds to a challenge about a key that was given.
const invalidToken = `, error="invalid_token"` //nolint:gosec // a part of a header, no credential

func challenge(c echo.Context, params string) {
	c.Response().Header().Set(echo.HeaderWWWAuthenticate, `Bearer realm="usher"`+params)
}

func unauthorized(c echo.Context, params, text, hint string, fix *host.Fix) error {
	challenge(c, params)
	return &host.Error{Code: host.Unauthorized, Text: text, Hint: hint, Fix: fix}
}

func forbidden(key host.Key, scope host.Scope) error {
	scopes := make([]string, len(key.Scopes))
	for i, s := range key.Scopes {
		scopes[i] = string(s)
	}
	has := "none"
	if len(scopes) > 0 {
		has = strings.Join(scopes, ", ")
	}
	return &host.Error{
		Code: host.Forbidden,
		Text: fmt.Sprintf("the API key %q lacks the scope %q; its scopes: %s", key.Name, scope, has),
		Fix:  host.FixCreateKey.With(string(scope)),
	}
}

// refuseFailed counts an attempt with a missing or unknown key, or one without the
// scope, and returns a 429 instead when there were too many.
func refuseFailed(c echo.Context, failed *Limiter, key host.Key, err error) error {
	code := host.CodeOf(err)
	if code != host.Unauthorized && code != host.Forbidden {
		return err
	}
	who := key.ID
	if who == "" {
		who = network(c.RealIP())
	}
	if wait := failed.Take(who, 1); wait > 0 {
		return &host.Error{
			Code: host.Overloaded, RetryAfter: wait, Err: err,
			Text: "too many requests with an invalid API key",
			Hint: "check the key and its scopes before you send again",
		}
	}
	return err
}

// network is what failures are counted by: an IPv4 address, or an IPv6 /64, since a
// caller with one address of it has all of them.
func network(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil || ip.Unmap().Is4() {
		return address
	}
	prefix, err := ip.WithZone("").Prefix(64)
	if err != nil {
		return address
	}
	return prefix.String()
}
