package host

import (
	"context"
	"encoding/json"
	"time"
)

// Change is one entry of the audit log: who changed what. It never
// contains values of secrets.
type Change struct {
	Seq    int64           `json:"seq"` // the order in which changes were made
	At     time.Time       `json:"at"`
	Actor  Actor           `json:"actor"`
	Verb   string          `json:"verb"`   // "action.create", "binding.replace"
	Object string          `json:"object"` // the id of what was changed, or a trigger
	Name   string          `json:"name,omitempty"`
	Before json.RawMessage `json:"before,omitempty"`
	After  json.RawMessage `json:"after,omitempty"`
}

// ChangeQuery selects changes, newest first. Zero fields do not filter.
type ChangeQuery struct {
	Before int64     // a Seq: only older ones
	Object string    // the id of what was changed, or a trigger
	Actor  string    // an Actor's ID
	Since  time.Time // made at that time or later
	Until  time.Time // made before
	Limit  int       // 1 to 500; 0 is 50
}

// Actor is who asks: an API key, or a client with a token.
type Actor struct {
	Kind string `json:"kind"` // "key", "client"; "" is the host itself
	ID   string `json:"id,omitempty"`
	Name string `json:"name,omitempty"`
}

type actorKey struct{}

// WithActor returns a context for a request of actor.
func WithActor(ctx context.Context, actor Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, actor)
}

// ActorOf returns the actor of a request; the host itself when there is none.
func ActorOf(ctx context.Context) Actor {
	actor, _ := ctx.Value(actorKey{}).(Actor)
	return actor
}

// OriginUse is an origin to which a version has sent requests.
type OriginUse struct {
	VersionID string    `json:"version_id"`
	Origin    string    `json:"origin"` // in the form of [Egress.Allow]
	Requests  int64     `json:"requests"`
	FirstAt   time.Time `json:"first_at"`
	LastAt    time.Time `json:"last_at"`
}

// MaxOrigins is how many origins are counted one by one for a version; requests
// to others are counted under OtherOrigins.
const (
	MaxOrigins   = 100
	OtherOrigins = "*"
)
