// Package frames reads the stack of the JavaScript that a module's engine runs from
// the module's memory: at any moment, also when the run was stopped at a limit. It
// reads modules of this host's engine only, and changes nothing. The memory need not
// be trusted.
//
// The layout of the engine's structures is knowledge of others' insides: see
// host/docs/upstream-internals.md. Frames have the positions in the bundle; package
// sourcemap maps them.
package frames

import "fmt"

// Frame is a call in progress, or an async function that waits.
type Frame struct {
	Function string // "" when it has no name
	File     string
	Line     int
	Column   int
	Async    bool // it waits for what comes before it in the stack
}

// String returns the frame as a stack has it, without "at ".
func (f Frame) String() string {
	text := fmt.Sprintf("%s:%d:%d", f.File, f.Line, f.Column)
	switch {
	case f.File == "":
		text = fmt.Sprintf("%s (index %d)", f.Function, f.Line)
	case f.Function != "":
		text = f.Function + " (" + text + ")"
	}
	if f.Async {
		return "async " + text
	}
	return text
}

// Most is how many frames a stack has at most.
const Most = 100

// Stack returns what the code that runs is called by, the innermost frame first,
// with the async functions that wait for it; where none runs, the frames in which the
// code that was entered first waits. It is nil for other modules. The frames of the
// runtime itself are left out.
func Stack(memory []byte) []Frame {
	h, ok := open(memory)
	if !ok {
		return nil
	}
	t := trace{heap: h}
	t.running()
	if len(t.frames) == 0 {
		return h.waiting()
	}
	return t.frames
}

// Running is Stack without the async functions that wait.
func Running(memory []byte) []Frame {
	h, ok := open(memory)
	if !ok {
		return nil
	}
	t := trace{heap: h}
	t.calls()
	return t.frames
}

// trace is a stack that is being read.
type trace struct {
	*heap
	frames []Frame
	last   uint32 // the last frame that was found
}

func (t *trace) running() {
	promise := t.calls()
	if t.job == 0 || t.job == t.runtime+rtJobs {
		return // the stack is whole
	}
	if promise == 0 && t.at(t.job+jobCount) == 5 {
		promise = t.resolved(t.job + jobArgs)
	}
	t.follow(promise)
}

// calls adds the calls in progress. It returns the promise of the function at the
// bottom, if that is an async one.
func (t *trace) calls() (promise uint32) {
	frame := t.at(t.runtime + rtFrame)
	for frame != 0 {
		if t.isCode(frame) {
			t.add(frame, false)
			promise = t.promise(frame)
		}
		frame = t.at(frame)
	}
	return promise
}

func (t *trace) isCode(frame uint32) bool {
	switch t.class(t.object(frame + frameFunction)) {
	case classBytecode, classGeneratorFunction, classAsyncFunction, classAsyncGeneratorFunction:
		return true
	}
	return false
}

// add adds the frame of code that has positions: the runtime's own has none.
func (t *trace) add(frame uint32, async bool) {
	function := t.object(frame + frameFunction)
	code := t.data(function)
	if t.at(code+codeLines) == 0 {
		return
	}
	t.last = frame
	if len(t.frames) >= Most {
		return
	}
	f := Frame{Function: t.name(function), File: t.atom(t.at(code + codeFile)), Async: async}
	if f.Function != "" && !async && t.byte(frame+frameConstruct) == 1 {
		f.Function = "new " + f.Function
	}
	here := place{int(t.at(code + codeLine)), int(t.at(code + codeColumn))}
	if pc := t.at(frame + framePC); pc != 0 {
		here = t.place(code, pc-t.at(code+codeBytes)-1)
	}
	f.Line, f.Column = here.line, here.column
	t.frames = append(t.frames, f)
}

// Reader gives frames as strings.
type Reader struct{}

// Stack is [Stack], each frame as its string.
func (Reader) Stack(memory []byte) []string { return texts(Stack(memory)) }

// Calls is [Running], each frame as its string.
func (Reader) Calls(memory []byte) []string { return texts(Running(memory)) }

func texts(frames []Frame) []string {
	var list []string
	for _, f := range frames {
		list = append(list, f.String())
	}
	return list
}
