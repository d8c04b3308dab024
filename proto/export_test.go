package proto

import "github.com/usherhost/usher/proto/internal/ijson"

// FitsShape and FitsSchema are the two ways to check an event.

func FitsShape(trigger string, body []byte) bool {
	var event ijson.Document
	return event.Parse(body) == nil && contracts[trigger].shape.fits(&event, 0)
}

func FitsSchema(trigger string, body []byte) bool {
	event, err := ijson.Decode(body)
	return err == nil && contracts[trigger].schema.Validate(event) == nil
}
