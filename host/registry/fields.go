package registry

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/usherhost/usher/host"
)

// fields gathers all that is wrong with a request, so that its sender learns
// of it at once.
type fields []host.Field

func (f *fields) add(pointer, format string, args ...any) {
	*f = append(*f, host.Field{Pointer: pointer, Detail: fmt.Sprintf(format, args...)})
}

// join takes over the fields of err when it has any, and reports whether err
// was one of that kind.
func (f *fields) join(err error) bool {
	e, ok := errors.AsType[*host.Error](err)
	if !ok || len(e.Fields) == 0 {
		return false
	}
	*f = append(*f, e.Fields...)
	return true
}

func (f *fields) invalid(text string) error { return f.refuse(host.Invalid, text, nil) }

func (f *fields) refuse(code host.Code, text string, fix *host.Fix) error {
	if len(*f) == 0 {
		return nil
	}
	return &host.Error{Code: code, Text: text, Fix: fix, Fields: *f}
}

// printable checks a name or an id that people get to see.
func (f *fields) printable(pointer, s string) {
	if detail := host.Unprintable(s); detail != "" {
		f.add(pointer, "%s", detail)
	}
}

// settings checks ranges, origins and config, for actions of a trigger.
func (f *fields) settings(pointer string, s host.Settings, t host.Trigger, checkOrigin func(string) error) {
	f.join(s.CheckFor(t, pointer))
	for i, origin := range s.Egress.Allow {
		if checkOrigin == nil {
			break
		}
		if err := checkOrigin(origin); err != nil {
			f.add(pointer+"/egress/allow/"+strconv.Itoa(i), "%s", textOf(err))
		}
	}
	for i, c := range s.Egress.ClientCertificates {
		for j, origin := range c.Origins {
			if checkOrigin == nil {
				break
			}
			if err := checkOrigin(origin); err != nil {
				f.add(fmt.Sprintf("%s/egress/client_certificates/%d/origins/%d", pointer, i, j), "%s", textOf(err))
			}
		}
	}
	if n := len(s.Egress.Allow); n > MaxOrigins {
		f.add(pointer+"/egress/allow", "must not have more than %d origins, not %d", MaxOrigins, n)
	}
	f.config(pointer+"/config", s.Config)
}

func (f *fields) config(pointer string, config map[string]string) {
	size := 0
	for _, name := range slices.Sorted(maps.Keys(config)) {
		size += len(name) + len(config[name])
		if n := utf8.RuneCountInString(name); n < 1 || n > MaxConfigNameChars {
			f.add(pointer+host.Pointer(name), "must have a name of 1 to %d characters", MaxConfigNameChars)
		}
		if detail := host.Unprintable(name); detail != "" {
			f.add(pointer+host.Pointer(name), "as a name %s", detail)
		}
	}
	if size > MaxConfigBytes {
		f.add(pointer, "must not have more than %d bytes in all names and values, not %d", MaxConfigBytes, size)
	}
}

// textOf returns what a caller may read of err.
func textOf(err error) string {
	if e, ok := errors.AsType[*host.Error](err); ok {
		return e.Text
	}
	return err.Error()
}
