package host

import "strconv"

// A value that package seal encrypts is bound to its place: it opens there and
// nowhere else, so that no one can move it in the database. These are the places of
// all values that a host seals. A kind that is added here must also be added to the
// store's Reseal, or a rotation of the keys makes its values unreadable.

// TokenKeyName is where, in the store's meta, the key of access tokens is; its name
// is its place too.
const TokenKeyName = "auth0.token_key" //nolint:gosec // a name, no credential

// SecretPlace is the place of a secret of an action or a shared module.
func SecretPlace(ownerID, name string) []byte { return []byte("secret:" + ownerID + ":" + name) }

// TapePlace is the place of the tape of one attempt, counted from 1.
func TapePlace(executionID string, step, attempt int) []byte {
	return []byte("tape:" + executionID + ":" + strconv.Itoa(step) + ":" + strconv.Itoa(attempt))
}

// PartPlace is the place of a part of the tape of an attempt that runs: [AttemptName],
// and its number within it. Parts are not in the store: after a rotation of the keys
// those of a process that was killed before can't be read.
func PartPlace(attempt string, part int) []byte {
	return []byte("part:" + attempt + ":" + strconv.Itoa(part))
}

// RefusedEventPlace is the place of what was sent with a refused event.
func RefusedEventPlace(id string) []byte { return []byte(id) }

// WebhookPlace is the place of the secrets of a webhook.
func WebhookPlace(id string) []byte { return []byte("webhook:" + id) }
