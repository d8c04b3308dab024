package main

import (
	"fmt"
	"time"

	wasmtime "github.com/bytecodealliance/wasmtime-go/v37"

	"github.com/usherhost/usher/host/bench/works"
)

const (
	epoch          = 10 * time.Millisecond
	deadlineEpochs = 2_000 // 20 s, as our runs and go-sdk's have
)

// peer runs a guest on wasmtime: compiled and linked once, a store and an
// instance for each event.
type peer struct {
	engine *wasmtime.Engine
	module *wasmtime.Module
	linker *wasmtime.Linker
	kernel *works.Kernel
	stop   chan struct{}
	ticked chan struct{}
}

func newPeer(wasm []byte) (*peer, error) {
	config := wasmtime.NewConfig()
	config.SetEpochInterruption(true)
	p := &peer{engine: wasmtime.NewEngineWithConfig(config), kernel: works.NewKernel(works.Input())}
	var err error
	if p.module, err = wasmtime.NewModule(p.engine, wasm); err != nil {
		return nil, fmt.Errorf("compile module: %w", err)
	}
	p.linker = wasmtime.NewLinker(p.engine)
	if err := p.linker.DefineWasi(); err != nil {
		return nil, fmt.Errorf("define WASI: %w", err)
	}
	for _, f := range p.kernel.Functions() {
		if err := define(p.linker, f); err != nil {
			return nil, fmt.Errorf("define %s: %w", f.Name, err)
		}
	}
	p.stop, p.ticked = make(chan struct{}), make(chan struct{})
	go p.tick()
	return p, nil
}

// define links one function of the ABI, with as little as wasmtime-go allows
// between the guest and the kernel.
func define(l *wasmtime.Linker, f works.Function) error {
	typ := wasmtime.NewFuncType(types(f.Params), types(f.Results))
	var stack [2]uint64
	return l.FuncNew("extism:host/env", f.Name, typ, func(_ *wasmtime.Caller, args []wasmtime.Val) ([]wasmtime.Val, *wasmtime.Trap) {
		for i, a := range args {
			if a.Kind() == wasmtime.KindI32 {
				stack[i] = uint64(uint32(a.I32()))
			} else {
				stack[i] = uint64(a.I64())
			}
		}
		f.Run(stack[:])
		switch f.Results {
		case "I":
			return []wasmtime.Val{wasmtime.ValI64(int64(stack[0]))}, nil
		case "i":
			return []wasmtime.Val{wasmtime.ValI32(int32(stack[0]))}, nil
		}
		return nil, nil
	})
}

func types(letters string) (all []*wasmtime.ValType) {
	kinds := map[rune]wasmtime.ValKind{'i': wasmtime.KindI32, 'I': wasmtime.KindI64}
	for _, letter := range letters {
		all = append(all, wasmtime.NewValType(kinds[letter]))
	}
	return all
}

// tick moves the engine's epoch on, which is how runs end at their deadline.
func (p *peer) tick() {
	defer close(p.ticked)
	ticker := time.NewTicker(epoch)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			p.engine.IncrementEpoch()
		case <-p.stop:
			return
		}
	}
}

func (p *peer) run() error {
	p.kernel.Reset()
	store := wasmtime.NewStore(p.engine)
	defer store.Close()
	store.SetEpochDeadline(deadlineEpochs)
	store.SetWasi(wasmtime.NewWasiConfig())
	instance, err := p.linker.Instantiate(store, p.module)
	if err != nil {
		return fmt.Errorf("instantiate module: %w", err)
	}
	if initialise := instance.GetFunc(store, "_initialize"); initialise != nil {
		if _, err := initialise.Call(store); err != nil {
			return fmt.Errorf("initialise module: %w", err)
		}
	}
	code, err := instance.GetFunc(store, works.Entry).Call(store)
	if err == nil && code != int32(0) {
		err = fmt.Errorf("the guest returned %v", code)
	}
	return err
}

func (p *peer) close() {
	close(p.stop)
	<-p.ticked
	p.linker.Close()
	p.module.Close()
	p.engine.Close()
}
