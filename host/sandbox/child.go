package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// The bounds of the process that compiles an uploaded module.
const (
	childWallTime   = 60 * time.Second
	childCPUSeconds = 40
	childMemory     = 4 << 30 // of address space, most of which Go only reserves
)

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
	s.admitting.Lock() // one at a time: a queue of bombs must not take every core
	defer s.admitting.Unlock()
	if err := s.runChild(ctx, wasm); err != nil {
		return nil, err
	}
	a := s.storedArtifact(digest)
	if a == nil {
		return nil, errors.New("admit module: its artifact is not there: is the cache directory full?")
	}
	return a, nil
}

func (s *Sandbox) runChild(ctx context.Context, wasm []byte) error {
	ctx, cancel := context.WithTimeout(ctx, childWallTime)
	defer cancel()
	child := exec.CommandContext(ctx, s.config.Child[0], s.config.Child[1:]...)
	child.Env = append(os.Environ(), childVariable+"="+s.config.CacheDir)
	child.Stdin = bytes.NewReader(wasm)
	var out, stderr bytes.Buffer
	child.Stdout, child.Stderr = &out, &stderr
	err := child.Run()
	var answer childAnswer
	if json.Unmarshal(out.Bytes(), &answer) == nil && out.Len() > 0 {
		switch {
		case answer.Error != "":
			return errors.New(answer.Error)
		case answer.Fault != "":
			return errors.New("admit module: " + answer.Fault)
		case err == nil:
			return nil
		}
	}
	if ctx.Err() != nil || err != nil {
		return fmt.Errorf("compiling the module took more than %d s of processor time, %v or %d MiB of memory: it is too complex", childCPUSeconds, childWallTime, childMemory>>20)
	}
	return fmt.Errorf("admit module: its process said nothing that can be understood: %.200q", out.String())
}

// childVariable tells a process that it is to admit a module, into the cache
// directory that it names.
const childVariable = "USHER_SANDBOX_CHILD"

// RunChild does nothing, unless this process was started by a sandbox with
// [Config.Child]: then it admits the module on its standard input, and exits.
// Call it first thing in main.
func RunChild(functions []Function) {
	dir, is := os.LookupEnv(childVariable)
	if !is {
		return
	}
	answer := admitHere(dir, functions, os.Stdin)
	if err := json.NewEncoder(os.Stdout).Encode(answer); err != nil {
		os.Exit(1)
	}
	os.Exit(0)
}

func admitHere(dir string, functions []Function, in io.Reader) childAnswer {
	ctx := context.Background()
	wasm, err := io.ReadAll(io.LimitReader(in, int64(budgets.ModuleBytes)+1))
	if err != nil {
		return childAnswer{Fault: err.Error()}
	}
	if err := limitProcess(childCPUSeconds, childMemory); err != nil {
		return childAnswer{Fault: err.Error()}
	}
	s, err := Open(ctx, Config{CacheDir: dir, Functions: functions})
	if err != nil {
		return childAnswer{Fault: err.Error()}
	}
	a, err := s.admit(ctx, wasm)
	if err != nil {
		return childAnswer{Error: err.Error()}
	}
	if err := s.storeArtifact(Digest(wasm), a); err != nil {
		return childAnswer{Fault: err.Error()}
	}
	return childAnswer{}
}
