// Command wasmtime compares Usher's runs with wasmtime's: a store and an
// instance for each event, interrupted by epochs. It is a module of its own,
// because wasmtime needs cgo and the host does not.
package main

import (
	"context"
	"errors"

	"github.com/usherhost/usher/host/bench/compare"
	"github.com/usherhost/usher/host/bench/works"
)

func main() {
	compare.Main("go run .", []compare.Bench{
		{Name: "run", What: "CPU of one isolated run, all included, against wasmtime-go store+instance with epoch interruption", Run: benchRun},
	})
}

func benchRun(ctx context.Context, e compare.Effort) (rows []compare.Row, err error) {
	err = works.Each(works.Names, func(name string, wasm []byte) error {
		ours, err := works.NewRunner(ctx, wasm, "")
		if err != nil {
			return err
		}
		theirs, err := newPeer(wasm)
		if err != nil {
			return errors.Join(err, ours.Close())
		}
		defer theirs.close()
		our, their, err := compare.SideBySide(e.Rounds, func() (float64, error) { return compare.CPU(e, ours.Run) },
			func() (float64, error) { return compare.CPU(e, theirs.run) })
		rows = append(rows, compare.Cost("run", name, our, "µs CPU", "wasmtime-go", their))
		return errors.Join(err, ours.Close())
	})
	return rows, err
}
