package jsbuild

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/child"
	"github.com/usherhost/usher/host/sandbox"
)

// order is what a process is to build.
type order struct {
	Source   Source `json:"source"`
	CacheDir string `json:"cache_dir"` // of compiled code
	Packages string `json:"packages"`  // the folder that packages are installed to

	MaxModuleBytes int `json:"max_module_bytes"`
}

// report is one thing that the process tells its parent. A module and its map
// follow what was built, as blocks.
type report struct {
	Stage   string              `json:"stage,omitempty"`   // what it does from now on
	Install []requirement       `json:"install,omitempty"` // what it wants to be installed
	Wrong   []host.BuildMessage `json:"wrong,omitempty"`   // why it can't build
	Built   *Built              `json:"built,omitempty"`
}

// installation answers what the process wanted to be installed.
type installation struct {
	Dir string `json:"dir"`
}

const buildTask = "build"

// Task is the task of the process that builds actions: see [Config]. The
// functions are those that the sandbox serves.
func Task(functions []sandbox.Function) child.Task {
	return child.Task{Name: buildTask, Do: func(_ string, in io.Reader, out io.Writer) error {
		var o order
		if err := receive(in, &o); err != nil {
			return err
		}
		return o.build(functions, in, out)
	}}
}

// build builds, and tells what came of it. An error is the host's fault.
func (o *order) build(functions []sandbox.Function, in io.Reader, out io.Writer) error {
	ctx := context.Background()
	if err := child.Confine([]string{o.Packages, o.CacheDir}, nil); err != nil {
		return err
	}
	s, err := sandbox.Open(ctx, sandbox.Config{CacheDir: o.CacheDir, Functions: functions, MaxModuleBytes: o.MaxModuleBytes})
	if err != nil {
		return err
	}
	b, err := New(Config{Sandbox: s})
	if err != nil {
		return err
	}
	b.installer = &remote{in: in, out: out}
	b.stage = func(stage string) error { return send(out, report{Stage: stage}) }
	built, err := b.Build(ctx, o.Source)
	if wrong, ok := errors.AsType[*host.BuildFailure](err); ok {
		return send(out, report{Wrong: shown(wrong.Messages)})
	}
	if err != nil {
		return err
	}
	module, sourceMap := built.Module, built.Map
	built.Module, built.Map, built.Warnings = nil, nil, shown(built.Warnings)
	return errors.Join(send(out, report{Built: built}), sendBlock(out, module), sendBlock(out, sourceMap))
}

// The bounds of what is told about code: a line of a minified file may be the
// whole file.
const (
	maxMessages      = 100
	maxLineTextBytes = 32 << 10
)

// shown returns the messages without what nobody wants to see whole.
func shown(messages []host.BuildMessage) []host.BuildMessage {
	messages = messages[:min(len(messages), maxMessages)]
	for i, m := range messages {
		if len(m.LineText) > maxLineTextBytes {
			messages[i].LineText = ""
		}
	}
	return messages
}

// remote installs packages by asking the parent to do it.
type remote struct {
	in  io.Reader
	out io.Writer
}

// install implements [installer].
func (r *remote) install(_ context.Context, all []requirement) (string, error) {
	if err := send(r.out, report{Install: all}); err != nil {
		return "", err
	}
	var answer installation
	if err := receive(r.in, &answer); err != nil {
		return "", err
	}
	return answer.Dir, nil
}

// maxTold bounds one message between the two processes.
const maxTold = 16 << 20

func send(w io.Writer, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write to another process: %w", err)
	}
	return sendBlock(w, text)
}

func sendBlock(w io.Writer, block []byte) error {
	head := binary.BigEndian.AppendUint32(nil, uint32(len(block)))
	if _, err := w.Write(append(head, block...)); err != nil {
		return fmt.Errorf("write to another process: %w", err)
	}
	return nil
}

func receive(r io.Reader, v any) error {
	text, err := receiveBlock(r, maxTold)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, v); err != nil {
		return fmt.Errorf("read from another process: %w", err)
	}
	return nil
}

func receiveBlock(r io.Reader, most int) ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, fmt.Errorf("read from another process: %w", err)
	}
	size := binary.BigEndian.Uint32(head[:])
	if uint64(size) > uint64(most) {
		return nil, fmt.Errorf("read from another process: %d bytes are more than the %d that there may be", size, most)
	}
	block := make([]byte, size)
	if _, err := io.ReadFull(r, block); err != nil {
		return nil, fmt.Errorf("read from another process: %w", err)
	}
	return block, nil
}
