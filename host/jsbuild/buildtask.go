package jsbuild

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/child"
	"github.com/usherhost/usher/host/jsbuild/bundle"
	"github.com/usherhost/usher/host/jsbuild/dist"
	"github.com/usherhost/usher/host/jsbuild/npm"
	"github.com/usherhost/usher/host/sandbox"
)

// order is the parent's first message.
type order struct {
	Source   bundle.Source `json:"source"`
	Engine   string        `json:"engine,omitempty"` // the folder of an engine that is not embedded
	CacheDir string        `json:"cache_dir"`        // of compiled code
	Packages string        `json:"packages"`         // the folder that packages are installed to

	MaxModuleBytes int `json:"max_module_bytes"`
}

// report is a message of the subprocess, with one of its fields.
type report struct {
	Stage   string              `json:"stage,omitempty"`   // that begins
	Install []npm.Requirement   `json:"install,omitempty"` // packages to install
	Errors  []host.BuildMessage `json:"errors,omitempty"`  // of the source
	Built   *Built              `json:"built,omitempty"`   // the module and its map follow
}

// installation answers a report with packages to install.
type installation struct {
	Dir string `json:"dir"`
}

const buildTask = "build"

// Task is the task of the subprocess that builds actions: see [Config]. The functions
// are those that the sandbox serves.
func Task(functions []sandbox.Function) child.Task {
	return child.Task{Name: buildTask, Do: func(_ string, in io.Reader, out io.Writer) error {
		var o order
		if err := receive(in, &o); err != nil {
			return err
		}
		return o.build(functions, in, out)
	}}
}

// build builds the source and reports the result. An error is the host's fault.
func (o *order) build(functions []sandbox.Function, in io.Reader, out io.Writer) error {
	ctx := context.Background()
	readable := []string{o.Packages, o.CacheDir}
	if o.Engine != "" {
		readable = append(readable, o.Engine)
		dist.Use(os.DirFS(o.Engine))
	}
	if err := child.Confine(readable, nil); err != nil {
		return err
	}
	s, err := sandbox.Open(ctx, sandbox.Config{CacheDir: o.CacheDir, Functions: functions, MaxModuleBytes: o.MaxModuleBytes})
	if err != nil {
		return err
	}
	b := New(Config{Sandbox: s})
	if b.engine, err = dist.Engine(); err != nil {
		return err
	}
	b.installs = &remoteInstaller{in: in, out: out}
	b.stage = func(stage string) error { return send(out, report{Stage: stage}) }
	built, err := b.Build(ctx, o.Source)
	if failed, ok := errors.AsType[*host.BuildFailure](err); ok {
		return send(out, report{Errors: bounded(failed.Messages)})
	}
	if err != nil {
		return err
	}
	module, sourceMap := built.Module, built.Map
	built.Module, built.Map, built.Warnings = nil, nil, bounded(built.Warnings)
	return errors.Join(send(out, report{Built: built}), sendBlock(out, module), sendBlock(out, sourceMap))
}

// The bounds of messages: a line of a minified file may be the whole file.
const (
	maxMessages      = 100
	maxLineTextBytes = 32 << 10
)

// bounded returns the first messages, without source lines that are too long.
func bounded(messages []host.BuildMessage) []host.BuildMessage {
	messages = messages[:min(len(messages), maxMessages)]
	for i, m := range messages {
		if len(m.LineText) > maxLineTextBytes {
			messages[i].LineText = ""
		}
	}
	return messages
}

// remoteInstaller has the parent install packages.
type remoteInstaller struct {
	in  io.Reader
	out io.Writer
}

// Install implements [bundle.Installer].
func (r *remoteInstaller) Install(_ context.Context, all []npm.Requirement) (string, error) {
	if err := send(r.out, report{Install: all}); err != nil {
		return "", err
	}
	var answer installation
	if err := receive(r.in, &answer); err != nil {
		return "", err
	}
	return answer.Dir, nil
}

// maxJSONBytes bounds one message in JSON.
const maxJSONBytes = 16 << 20

func send(w io.Writer, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write to the other process: %w", err)
	}
	return sendBlock(w, text)
}

func sendBlock(w io.Writer, block []byte) error {
	head := binary.BigEndian.AppendUint32(nil, uint32(len(block)))
	if _, err := w.Write(append(head, block...)); err != nil {
		return fmt.Errorf("write to the other process: %w", err)
	}
	return nil
}

func receive(r io.Reader, v any) error {
	text, err := receiveBlock(r, maxJSONBytes)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, v); err != nil {
		return fmt.Errorf("read from the other process: %w", err)
	}
	return nil
}

func receiveBlock(r io.Reader, most int) ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, fmt.Errorf("read from the other process: %w", err)
	}
	size := binary.BigEndian.Uint32(head[:])
	if uint64(size) > uint64(most) {
		return nil, fmt.Errorf("read from the other process: a message of %d bytes is over the limit of %d", size, most)
	}
	block := make([]byte, size)
	if _, err := io.ReadFull(r, block); err != nil {
		return nil, fmt.Errorf("read from the other process: %w", err)
	}
	return block, nil
}
