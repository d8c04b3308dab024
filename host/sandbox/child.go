package sandbox

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/child"
)

// childLimits bound the process that compiles an uploaded module of no size, and
// secondsPerMiB is how much more processor time it has for a larger one: some
// three times what ordinary code takes.
var childLimits = child.Limits{CPU: 40 * time.Second, MemoryBytes: 4 << 30}

const secondsPerMiB = 1

// limitsFor returns the limits for a module. The clock allows for a machine that
// does other things too.
func limitsFor(wasm []byte) child.Limits {
	l := childLimits
	l.CPU += time.Duration(len(wasm)>>20) * secondsPerMiB * time.Second
	l.Wall = 2 * l.CPU
	return l
}

// compilePlaces is how many modules are compiled in processes at once. An uploader
// holds one of them at most: a module that takes long keeps nobody else waiting.
const compilePlaces = 2

// What compiling takes of memory at least, and for each byte of a module: Go's
// collector keeps it to that if it can.
const (
	compileBytes  = 64 << 20
	compileFactor = 32
)

// CacheDir returns where compiled code is kept, "" when it is not.
func (s *Sandbox) CacheDir() string { return s.config.CacheDir }

// MaxModuleBytes returns how large a module may be that comes in.
func (s *Sandbox) MaxModuleBytes() int { return s.config.MaxModuleBytes }

// childAnswer is what the process that admits a module tells its parent.
type childAnswer struct {
	Error string `json:"error,omitempty"` // what is wrong with the module
	Fault string `json:"fault,omitempty"` // what went wrong with the host
}

// admitApart admits a module in a process of its own, if there is one, and
// keeps what came of it on disk. A module that can't be compiled within bounds
// costs its uploader an error, and nobody else anything.
func (s *Sandbox) admitApart(ctx context.Context, digest string, wasm []byte) (*artifact, error) {
	if len(s.config.Child) == 0 {
		a, err := s.admit(ctx, wasm)
		if err != nil {
			return nil, err
		}
		return a, s.storeArtifact(digest, a)
	}
	key := cmp.Or(host.ActorOf(ctx).ID, digest)
	if err := s.admitting.Enter(ctx, key); err != nil {
		return nil, fmt.Errorf("wait for a place to compile in: %w", err)
	}
	defer s.admitting.Leave(key)
	if err := s.runChild(ctx, wasm); err != nil {
		return nil, err
	}
	a := s.storedArtifact(digest)
	if a == nil {
		return nil, &hostFault{"its artifact is not there: is the cache directory full?"}
	}
	return a, nil
}

func (s *Sandbox) runChild(ctx context.Context, wasm []byte) error {
	dir, err := filepath.Abs(s.config.CacheDir)
	if err != nil {
		return fmt.Errorf("admit module: %w", err)
	}
	limits := limitsFor(wasm)
	limits.HeapBytes = compileBytes + compileFactor*uint64(len(wasm))
	if s.config.MemoryBytes > 0 {
		limits.MemoryBytes = min(limits.MemoryBytes, max(uint64(s.config.MemoryBytes), 2*limits.HeapBytes))
	}
	release, err := s.Reserve(ctx, admission, int64(limits.HeapBytes))
	if err != nil {
		return fmt.Errorf("wait for memory to compile the module with: %w", err)
	}
	defer release()
	var out bytes.Buffer
	p := child.Process{
		Self: s.config.Child, Task: admission, Arg: dir, Limits: limits,
		Stdin: bytes.NewReader(wasm), Stdout: &out,
	}
	err = p.Run(ctx)
	if over, ok := errors.AsType[*child.LimitError](err); ok {
		return &tooComplex{over}
	}
	if err != nil {
		return fmt.Errorf("admit module: %w", err)
	}
	var answer childAnswer
	switch err := json.Unmarshal(out.Bytes(), &answer); {
	case err != nil:
		return fmt.Errorf("admit module: its process said nothing that can be understood: %.200q", out.String())
	case answer.Error != "":
		return errors.New(answer.Error)
	case answer.Fault != "":
		return &hostFault{answer.Fault}
	}
	return nil
}

// tooComplex says that compiling a module went over a limit.
type tooComplex struct{ over *child.LimitError }

// Error tells the limit.
func (t *tooComplex) Error() string {
	return fmt.Sprintf("compiling the module took more than %s: it is too complex", t.over.Amount())
}

// Unwrap returns the limit.
func (t *tooComplex) Unwrap() error { return t.over }

const admission = "admit"

// Admission is the task of the process that admits modules: see [Config].
func Admission(functions []Function) child.Task {
	return child.Task{Name: admission, Do: func(dir string, in io.Reader, out io.Writer) error {
		return json.NewEncoder(out).Encode(admitHere(dir, functions, in))
	}}
}

func admitHere(dir string, functions []Function, in io.Reader) childAnswer {
	ctx := context.Background()
	wasm, err := io.ReadAll(io.LimitReader(in, int64(budgets.ModuleBytes)+1))
	if err != nil {
		return childAnswer{Fault: err.Error()}
	}
	if err := child.Confine(nil, []string{dir}); err != nil {
		return childAnswer{Fault: err.Error()}
	}
	s, err := Open(ctx, Config{CacheDir: dir, Functions: functions})
	if err != nil {
		return childAnswer{Fault: err.Error()}
	}
	a, err := s.admit(ctx, wasm)
	if isHostsFault(err) {
		return childAnswer{Fault: err.Error()}
	}
	if err != nil {
		return childAnswer{Error: err.Error()}
	}
	if err := s.storeArtifact(host.Digest(wasm), a); err != nil {
		return childAnswer{Fault: err.Error()}
	}
	return childAnswer{}
}

// hostFault is what went wrong with the host, and not with a module.
type hostFault struct{ text string }

// Error tells what went wrong.
func (f *hostFault) Error() string { return "admit module: " + f.text }

// isHostsFault reports whether err has another reason than the module: one that
// is told as a fault, or a file that can't be read or written.
func isHostsFault(err error) bool {
	_, told := errors.AsType[*hostFault](err)
	_, path := errors.AsType[*fs.PathError](err)
	_, link := errors.AsType[*os.LinkError](err)
	return told || path || link
}
