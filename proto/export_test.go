package proto

import "github.com/usherhost/usher/proto/internal/ijson"

// FitsShape and FitsSchema are the two ways to check an event.

func FitsShape(trigger string, event any) bool { return contracts[trigger].shape.fits(event) }

func FitsSchema(trigger string, event any) bool {
	return contracts[trigger].schema.Validate(event) == nil
}

// Decode decodes an event as CheckEvent does.
func Decode(body []byte) (any, error) { return ijson.Decode(body) }
