package proto

import (
	"embed"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/proto/internal/ijson"
)

//go:embed schema/*.json
var schemas embed.FS

// Registration is what the host itself reads from an event.
type Registration struct {
	Tenant string // "" when the event names none
	UserID string // of a user who has none yet the email address, telephone number or user name; "" without any
}

// Violation is one thing wrong with a document: a JSON pointer (RFC 6901), ""
// for the whole, and what is wrong there, e.g. "must be a string, is a number".
type Violation struct {
	Pointer string
	Detail  string
}

// CheckEvent reports what is wrong with body as an event of trigger, sorted by
// pointer, and at most [MaxViolations] of it. With no violation it returns what
// the host reads from the event.
//
// The body must be one I-JSON object. After a registration it must have
// /user/user_id, a string that is not empty, and before one /user and /request;
// every other field of the contract may be missing or null, but has its type when
// it is there (see [WithoutNulls]). Keys that the contract doesn't
// name are let through where it leaves an object open, but not in the event itself
// and the objects right in it when a reader that ignores case would take them for
// another key there. Safe for concurrent use.
func CheckEvent(trigger string, body []byte) (Registration, []Violation) {
	c, ok := contracts[trigger]
	if !ok {
		known := strings.Join(Triggers(), ", ")
		return Registration{}, []Violation{{Detail: fmt.Sprintf("no event of a trigger %q is known, only of %s", trigger, known)}}
	}
	event := documents.Get().(*ijson.Document)
	defer release(event)
	if err := event.Parse(body); err != nil {
		return Registration{}, []Violation{malformed(err)}
	}
	if c.shape.fits(event, 0, 1) {
		return checkNames(registration(event))
	}
	found := c.shape.variants(event, 0, nil)
	if err := c.schema.Validate(c.shape.value(event, 0)); err != nil {
		found = append(found, violations(c.schema, err)...)
	}
	if len(found) > 0 {
		return Registration{}, atMost(found)
	}
	return checkNames(registration(event))
}

// checkNames refuses what would forge the tables and logs that it is shown in.
func checkNames(r Registration) (Registration, []Violation) {
	var found []Violation
	if detail := host.Unprintable(r.Tenant); detail != "" {
		found = append(found, Violation{"/tenant/id", detail})
	}
	if detail := host.Unprintable(r.UserID); detail != "" {
		found = append(found, Violation{"/user/user_id", detail})
	}
	if len(found) > 0 {
		return Registration{}, found
	}
	return r, nil
}

// documents are used again: nearly all that checking an event needs is theirs.
var documents = sync.Pool{New: func() any { return new(ijson.Document) }}

// maxPooledNodes keeps a rare large event from holding its memory for ever.
const maxPooledNodes = 4096

func release(d *ijson.Document) {
	if cap(d.Nodes) <= maxPooledNodes {
		d.Clear()
		documents.Put(d)
	}
}

// Triggers lists the triggers whose events [CheckEvent] knows, sorted.
func Triggers() []string {
	var names []string
	for name := range contracts {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// EventSchema returns the JSON Schema of the event of trigger, nil when there is
// none.
func EventSchema(trigger string) []byte {
	text, err := schemas.ReadFile("schema/" + trigger + ".json")
	if err != nil {
		return nil
	}
	return text
}

// contract is what an event of one trigger must fit, twice: its schema, which
// reports why a value doesn't fit, and its shape, which is fast.
type contract struct {
	schema *jsonschema.Schema
	shape  *shape
}

var contracts = compileContracts()

func compileContracts() map[string]contract {
	files, err := schemas.ReadDir("schema")
	if err != nil {
		panic(err)
	}
	compiled := map[string]contract{}
	for _, file := range files {
		trigger := strings.TrimSuffix(file.Name(), path.Ext(file.Name()))
		schema := compileSchema(trigger)
		compiled[trigger] = contract{schema: schema, shape: shapeOf(schema)}
	}
	return compiled
}

// compileSchema panics on a schema that is broken: it is part of the program.
func compileSchema(trigger string) *jsonschema.Schema {
	document, err := ijson.Decode(EventSchema(trigger))
	if err != nil {
		panic(err)
	}
	url := "urn:usher:event:" + trigger
	c := jsonschema.NewCompiler()
	if err := c.AddResource(url, document); err != nil {
		panic(err)
	}
	return c.MustCompile(url)
}

func registration(event *ijson.Document) Registration {
	r := Registration{Tenant: text(event, "tenant", "id"), UserID: text(event, "user", "user_id")}
	for _, key := range []string{"email", "phone_number", "username"} {
		if r.UserID != "" {
			break
		}
		// Before a registration it only helps people to find the user: what can't be
		// shown is left out.
		if name := text(event, "user", key); len(name) <= maxNameBytes && host.Unprintable(name) == "" {
			r.UserID = name
		}
	}
	return r
}

// maxNameBytes bounds what stands for the id of a user who has none yet.
const maxNameBytes = 1024

// text returns the string at a path of keys, "" for none. It is a copy
// that doesn't hold the document's.
func text(d *ijson.Document, keys ...string) string {
	i := 0
	for _, key := range keys {
		if i = d.Find(i, key); i < 0 {
			return ""
		}
	}
	return strings.Clone(d.Nodes[i].Text)
}

func malformed(err error) Violation {
	var e *ijson.Error
	if !errors.As(err, &e) {
		return Violation{Detail: err.Error()}
	}
	if e.Pointer != "" {
		return Violation{Pointer: e.Pointer, Detail: e.Error()}
	}
	return Violation{Detail: "is not JSON: " + e.Error()}
}
