package jsbuild

import (
	"errors"
	"regexp"
	"strconv"
	"strings"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/jsbuild/bundle"
	"github.com/usherhost/usher/host/jsbuild/engine"
	"github.com/usherhost/usher/host/jsbuild/sourcemap"
	"github.com/usherhost/usher/host/sandbox"
)

// uncallableError is the error of an action that was evaluated, but whose handler
// can't be called.
type uncallableError struct{ *engine.Definition }

func (u *uncallableError) Error() string { return u.Problem }

// explain turns an error of the engine into a message with the author's own file
// and line. It returns any other error as it is.
func explain(err error, src bundle.Source, made *bundle.Bundle) error {
	var m host.BuildMessage
	var uncallable *uncallableError
	var thrown *engine.Thrown
	var fault *sandbox.Fault
	switch {
	case errors.As(err, &uncallable):
		m = missingHandler(src, uncallable)
	case errors.As(err, &thrown):
		m = thrownAt(src, made, thrown)
	case errors.As(err, &fault) && fault.Kind == host.FaultLimit:
		m = host.BuildMessage{
			Text: "to be built, the action " + fault.Message, File: src.Name,
			Hint: "its top-level code runs when it is built: code that takes long, or much memory, belongs in the handler",
		}
	default:
		return err
	}
	return &host.BuildFailure{Messages: []host.BuildMessage{m}}
}

func missingHandler(src bundle.Source, u *uncallableError) host.BuildMessage {
	m := host.BuildMessage{Text: u.Problem, File: src.Name}
	if len(u.Exports) > 0 {
		m.Text += "; it exports " + strings.Join(u.Exports, ", ")
	}
	m.Hint = bundle.HandlerHint()
	return m
}

// position finds the first file, line and column in a mapped stack trace.
var position = regexp.MustCompile(`\(?([^\s()]+):(\d+):(\d+)\)?`)

// thrownAt returns the message about an error that the action's top-level code threw.
func thrownAt(src bundle.Source, made *bundle.Bundle, t *engine.Thrown) host.BuildMessage {
	m := host.BuildMessage{Text: t.Error(), File: src.Name, Hint: "its top-level code runs when it is built; code that can't run there belongs in the handler"}
	if strings.Contains(t.Stack, sourcemap.BundleName) {
		stack := sourcemap.Apply(made.Map, t.Stack)
		if at := position.FindStringSubmatch(stack); at != nil {
			m.File = at[1]
			m.Line, _ = strconv.Atoi(at[2])   // digits
			m.Column, _ = strconv.Atoi(at[3]) // digits
		}
	}
	if lines := strings.Split(string(src.Code), "\n"); m.File == src.Name && m.Line > 0 && m.Line <= len(lines) {
		m.LineText = lines[m.Line-1]
	}
	return m
}
