package jsbuild

import (
	"errors"
	"regexp"
	"strconv"
	"strings"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/sandbox"
)

// unfit says that an action has been evaluated, but can't be called.
type unfit struct {
	problem string
	exports []string
}

func (u *unfit) Error() string { return u.problem }

// told turns what went wrong in the engine into a message that names the
// author's own file and line.
func told(err error, src Source, bundle *Bundle) error {
	var u *unfit
	var t *Thrown
	var f *sandbox.Fault
	switch {
	case errors.As(err, &u):
		return &host.BuildFailure{Messages: []host.BuildMessage{missingExport(src, u)}}
	case errors.As(err, &t):
		return &host.BuildFailure{Messages: []host.BuildMessage{thrownAt(src, bundle, t)}}
	case errors.As(err, &f) && f.Kind == host.FaultLimit:
		return &host.BuildFailure{Messages: []host.BuildMessage{{
			Text: "to be built, the action " + f.Message, File: src.Name,
			Hint: "its top-level code runs when it is built: what takes long, or much memory, belongs in the handler",
		}}}
	}
	return err
}

// missingExport says that the engine finds nothing to call.
func missingExport(src Source, u *unfit) host.BuildMessage {
	m := host.BuildMessage{Text: u.problem, File: src.Name}
	if len(u.exports) > 0 {
		m.Text += "; it exports " + strings.Join(u.exports, ", ")
	}
	m.Hint = "write: exports.onExecutePostUserRegistration = async (event, api) => { … }"
	return m
}

// position is where a mapped stack first names a file.
var position = regexp.MustCompile(`\(?([^\s()]+):(\d+):(\d+)\)?`)

// thrownAt says what the action's top-level code threw, and where.
func thrownAt(src Source, bundle *Bundle, t *Thrown) host.BuildMessage {
	m := host.BuildMessage{Text: t.Error(), File: src.Name, Hint: "its top-level code runs when it is built; what it can't do there belongs in the handler"}
	if strings.Contains(t.Stack, BundleName) {
		stack := MapStack(bundle.Map, t.Stack)
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
