package proto

import "github.com/usherhost/usher/proto/internal/ijson"

// FitsShape and FitsSchema are the two ways to check an event. The schema gets
// no needless nulls, and does not know which keys are taken for others.

func FitsShape(trigger string, body []byte) bool {
	var event ijson.Document
	return event.Parse(body) == nil && contracts[trigger].shape.fits(&event, 0, 1)
}

func FitsSchema(trigger string, body []byte) bool {
	var event ijson.Document
	c := contracts[trigger]
	return event.Parse(body) == nil && c.schema.Validate(c.shape.value(&event, 0)) == nil && c.shape.variants(&event, 0, nil) == nil
}

// FitsSchemaAsItIs asks the schema alone.
func FitsSchemaAsItIs(trigger string, body []byte) bool {
	event, err := ijson.Decode(body)
	return err == nil && contracts[trigger].schema.Validate(event) == nil
}
