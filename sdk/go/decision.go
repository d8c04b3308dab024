package usher

import (
	"encoding/json"
	"fmt"

	"github.com/usherhost/usher/sdk/go/internal/abi"
)

// The functions below are for a trigger that decides, such as
// pre-user-registration. Each gives the host a command, which counts from the call
// on; none ends the run. What the commands of all actions come to is the decision.

// CommandError is the reason why the host did not take a command.
type CommandError struct {
	Code    string `json:"code"` // "trigger" (it does not decide), "invalid" or "limit"
	Message string `json:"message"`
}

// Error returns the message.
func (e *CommandError) Error() string { return e.Message }

// Deny refuses the registration. The reason is for the operator's log, the message for
// the user; "" is the host's neutral message. The first deny of a flow counts, and no
// later action runs. The error is a [*CommandError].
func Deny(reason, userMessage string) error {
	return command(abi.AccessDeny, struct {
		Reason      string `json:"reason,omitempty"`
		UserMessage string `json:"user_message,omitempty"`
	}{reason, userMessage})
}

// ValidationError refuses what the user entered, and the registration. Code and
// message have up to 100 characters each. The error is a [*CommandError].
func ValidationError(code, message string) error {
	return command(abi.ValidationError, struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	}{code, message})
}

// SetUserMetadata sets a key of the new user's metadata to a value that JSON can
// hold; nil removes the key. All actions of a flow may set 32 KiB. The error is a
// [*CommandError], unless value can't be encoded.
func SetUserMetadata(key string, value any) error { return metadata(abi.UserMetadataSet, key, value) }

// SetAppMetadata is [SetUserMetadata] for the metadata that the user can't change.
func SetAppMetadata(key string, value any) error { return metadata(abi.AppMetadataSet, key, value) }

// SetUserID sets the new user's id, without the connection's prefix: 1 to 255 of
// a-z, A-Z, 0-9 and @._+-. The error is a [*CommandError].
func SetUserID(id string) error {
	return command(abi.UserIDSet, struct {
		UserID string `json:"user_id"`
	}{id})
}

func metadata(give func([]byte) []byte, key string, value any) error {
	return command(give, struct {
		Key   string `json:"key"`
		Value any    `json:"value"`
	}{key, value})
}

func command(give func([]byte) []byte, request any) error {
	message, err := json.Marshal(request)
	if err != nil {
		return fmt.Errorf("encode a command: %w", err)
	}
	answer := give(message)
	if answer == nil {
		return nil
	}
	refused := &CommandError{}
	if err := json.Unmarshal(answer, refused); err != nil {
		return fmt.Errorf("read the host's answer to a command: %w", err)
	}
	return refused
}
