package admission

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

// subprocessLimits bound the subprocess that admits an empty module, and
// secondsPerMiB is how much more processor time it has for each MiB of a larger
// one: about three times what ordinary code takes.
var subprocessLimits = child.Limits{CPU: 40 * time.Second, MemoryBytes: 4 << 30}

const secondsPerMiB = 1

// limitsFor returns the limits for a module. The wall clock's limit allows for a
// machine that is busy.
func limitsFor(wasm []byte) child.Limits {
	l := subprocessLimits
	l.CPU += time.Duration(len(wasm)>>20) * secondsPerMiB * time.Second
	l.Wall = 2 * l.CPU
	return l
}

// subprocesses is how many modules are admitted at once. An uploader has one of the
// places at most: only it waits for a module that takes long.
const subprocesses = 2

// The memory for compiling any module, and for each of its bytes. Go's collector
// aims at the sum.
const (
	compileBytes  = 64 << 20
	compileFactor = 32
)

// answer is what the subprocess writes to its parent.
type answer struct {
	Error string `json:"error,omitempty"` // what is wrong with the module
	Fault string `json:"fault,omitempty"` // what failed in the host
}

// Admit admits a module, in a subprocess if there is one, and stores its artifact.
// A module that can't be compiled within the limits costs its uploader an error and
// has no effect on others. [IsHostFault] distinguishes the host's own failures from
// those of the module.
func (ad *Admitter) Admit(ctx context.Context, digest string, wasm []byte) (*Artifact, error) {
	if len(ad.Child) == 0 {
		a, err := ad.admit(ctx, wasm)
		if err != nil {
			return nil, err
		}
		return a, ad.Cache.Store(digest, a)
	}
	uploader := cmp.Or(host.ActorOf(ctx).ID, digest)
	if err := ad.places.Enter(ctx, uploader); err != nil {
		return nil, fmt.Errorf("wait for a place to compile in: %w", err)
	}
	defer ad.places.Leave(uploader)
	if err := ad.runSubprocess(ctx, wasm); err != nil {
		return nil, err
	}
	a := ad.Cache.Artifact(digest)
	if a == nil {
		return nil, &hostFault{"its artifact is not there: is the cache directory full?"}
	}
	return a, nil
}

func (ad *Admitter) runSubprocess(ctx context.Context, wasm []byte) error {
	dir, err := filepath.Abs(ad.Cache.Dir)
	if err != nil {
		return fmt.Errorf("admit module: %w", err)
	}
	limits := limitsFor(wasm)
	limits.HeapBytes = compileBytes + compileFactor*uint64(len(wasm))
	if ad.MemoryBytes > 0 {
		limits.MemoryBytes = min(limits.MemoryBytes, max(uint64(ad.MemoryBytes), 2*limits.HeapBytes))
	}
	release, err := ad.Reserve(ctx, taskName, int64(limits.HeapBytes))
	if err != nil {
		return fmt.Errorf("wait for memory to compile the module with: %w", err)
	}
	defer release()
	var out bytes.Buffer
	p := child.Process{
		Self: ad.Child, Task: taskName, Arg: dir, Limits: limits,
		Stdin: bytes.NewReader(wasm), Stdout: &out,
	}
	err = p.Run(ctx)
	if over, ok := errors.AsType[*child.LimitError](err); ok {
		return &tooComplex{over}
	}
	if err != nil {
		return fmt.Errorf("admit module: %w", err)
	}
	var got answer
	switch err := json.Unmarshal(out.Bytes(), &got); {
	case err != nil:
		return fmt.Errorf("admit module: its subprocess wrote no valid answer: %.200q", out.String())
	case got.Error != "":
		return errors.New(got.Error)
	case got.Fault != "":
		return &hostFault{got.Fault}
	}
	return nil
}

// tooComplex says that compiling a module went over a limit.
type tooComplex struct{ over *child.LimitError }

// Error names the limit.
func (t *tooComplex) Error() string {
	return fmt.Sprintf("compiling the module took more than %s: it is too complex", t.over.Amount())
}

// Unwrap returns the limit.
func (t *tooComplex) Unwrap() error { return t.over }

const taskName = "admit"

// Task is the task of the subprocess that admits modules. Open returns an admitter
// over the cache in a folder, which admits in its own process.
func Task(open func(ctx context.Context, dir string) (*Admitter, error)) child.Task {
	return child.Task{Name: taskName, Do: func(dir string, in io.Reader, out io.Writer) error {
		return json.NewEncoder(out).Encode(admitHere(dir, open, in))
	}}
}

func admitHere(dir string, open func(context.Context, string) (*Admitter, error), in io.Reader) answer {
	ctx := context.Background()
	wasm, err := io.ReadAll(io.LimitReader(in, int64(budgets.ModuleBytes)+1))
	if err != nil {
		return answer{Fault: err.Error()}
	}
	if err := child.Confine(nil, []string{dir}); err != nil {
		return answer{Fault: err.Error()}
	}
	ad, err := open(ctx, dir)
	if err != nil {
		return answer{Fault: err.Error()}
	}
	a, err := ad.admit(ctx, wasm)
	if IsHostFault(err) {
		return answer{Fault: err.Error()}
	}
	if err != nil {
		return answer{Error: err.Error()}
	}
	if err := ad.Cache.Store(host.Digest(wasm), a); err != nil {
		return answer{Fault: err.Error()}
	}
	return answer{}
}

// hostFault is a failure of the host, not of a module.
type hostFault struct{ text string }

// Error says what failed.
func (f *hostFault) Error() string { return "admit module: " + f.text }

// IsHostFault reports whether err is a failure of the host and not of the module:
// one of a subprocess, or a file that can't be read or written.
func IsHostFault(err error) bool {
	_, failed := errors.AsType[*hostFault](err)
	_, path := errors.AsType[*fs.PathError](err)
	_, link := errors.AsType[*os.LinkError](err)
	return failed || path || link
}
