package guest

import (
	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/sandbox"
)

type nameRequest struct {
	Name string `json:"name"`
}

func (q nameRequest) measure(m *measure) { m.text(q.Name); m.bytes += structBytes }

// valueAnswer is a value that may be absent.
type valueAnswer struct {
	Value *string `json:"value"`
}

func (a valueAnswer) measure(m *measure) {
	m.bytes += structBytes
	if a.Value != nil {
		m.text(*a.Value)
	}
}

func lookUp(values map[string]string, name string) valueAnswer {
	if value, found := values[name]; found {
		return valueAnswer{&value}
	}
	return valueAnswer{}
}

// put hands the value to the guest, offset 0 when it is absent.
func (a valueAnswer) put(s *sandbox.Call) uint64 {
	if a.Value == nil {
		return 0
	}
	return s.Put([]byte(*a.Value))
}

func secretGet(s *sandbox.Call, c *call, stack []uint64) {
	name := c.name(s, "secret_get", stack[0])
	answer := do(c, "secret_get", nameRequest{name}, func(note *host.CallNote) valueAnswer {
		note.Target = name
		value := lookUp(c.secrets, name)
		if value.Value == nil {
			note.Error = "not set"
			c.fix = host.FixSetSecret.With(c.run.Step.Action, name)
		}
		return value
	})
	stack[0] = answer.put(s)
}

func configGet(s *sandbox.Call, c *call, stack []uint64) {
	name := c.name(s, "config_get", stack[0])
	answer := do(c, "config_get", nameRequest{name}, func(note *host.CallNote) valueAnswer {
		note.Target = name
		return lookUp(c.settings.Config, name)
	})
	stack[0] = answer.put(s)
}
