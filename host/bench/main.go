// Command bench compares Usher with its peers and with the floor beneath it,
// side by side in one run, and prints ratios of medians.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// row is one comparison. Ratio is value to the value of against, so that more
// is better: for a cost it is the other way round.
type row struct {
	Bench   string  `json:"bench"`
	Work    string  `json:"work"`
	Value   float64 `json:"value"`
	Unit    string  `json:"unit"`
	Against string  `json:"against"`
	Ratio   float64 `json:"ratio"`
}

// bench is one named comparison.
type bench struct {
	name string
	what string
	run  func(ctx context.Context, e effort) ([]row, error)
}

var benches = []bench{
	{"accept", "durable accepts a second, 64 producers, against the bare group-commit loop", benchAccept},
	{"http-accept", "HTTP 202s a second, 64 connections, against the bare group-commit loop", benchHTTPAccept},
	{"complete", "completed events a second, three no-op Wasm actions, against the queue with actions that are nothing", benchComplete},
	{"start", "from accept to the start of the first action, idle, against the accept itself", benchStart},
	{"run", "CPU of one isolated run, all included, against go-sdk Instance+Call+Close with a timeout", benchRun},
	{"idle", "memory of one registered module that does nothing, against a compiled go-sdk plugin", benchIdle},
}

// effort says how long to measure.
type effort struct {
	Rounds int
	Length time.Duration // of one measurement
	Count  int           // of things, where things are counted
}

func main() {
	asJSON := flag.Bool("json", false, "print one JSON object a line")
	quick := flag.Bool("quick", false, "one short round each: to see that it works, not to trust")
	flag.Usage = usage
	flag.Parse()
	e := effort{Rounds: 5, Length: 2 * time.Second, Count: 200}
	if *quick {
		e = effort{Rounds: 1, Length: 200 * time.Millisecond, Count: 20}
	}
	if err := run(context.Background(), flag.Args(), e, *asJSON); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func usage() {
	fmt.Fprintln(os.Stderr, "Usage: go run ./host/bench [--json] [--quick] [NAME…]\n\nWithout names it runs all:")
	for _, b := range benches {
		fmt.Fprintf(os.Stderr, "  %-12s %s\n", b.name, b.what)
	}
	flag.PrintDefaults()
}

func run(ctx context.Context, names []string, e effort, asJSON bool) error {
	for _, name := range names {
		if !slices.ContainsFunc(benches, func(b bench) bool { return b.name == name }) {
			return fmt.Errorf("no bench is called %q; see --help", name)
		}
	}
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	for _, b := range benches {
		if len(names) > 0 && !slices.Contains(names, b.name) {
			continue
		}
		rows, err := b.run(ctx, e)
		if err != nil {
			return fmt.Errorf("%s: %w", b.name, err)
		}
		for _, r := range rows {
			show(out, r, asJSON)
		}
		if err := out.Flush(); err != nil {
			return err
		}
	}
	return nil
}

func show(out *tabwriter.Writer, r row, asJSON bool) {
	if asJSON {
		line, _ := json.Marshal(r) // numbers and strings: it can't fail
		fmt.Fprintln(os.Stdout, string(line))
		return
	}
	name := r.Bench
	if r.Work != r.Bench {
		name += " " + r.Work
	}
	fmt.Fprintf(out, "%s\t%s %s\t%.2f × %s\n", name, number(r.Value), r.Unit, r.Ratio, r.Against)
}

func number(v float64) string {
	if v >= 100 {
		return fmt.Sprintf("%.0f", v)
	}
	return strings.TrimRight(strings.TrimRight(fmt.Sprintf("%.3f", v), "0"), ".")
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

// sideBySide measures ours and theirs in turns, and returns the medians.
func sideBySide(rounds int, ours, theirs func() (float64, error)) (our, their float64, err error) {
	var a, b []float64
	for range rounds {
		v, err := theirs()
		if err != nil {
			return 0, 0, err
		}
		b = append(b, v)
		if v, err = ours(); err != nil {
			return 0, 0, err
		}
		a = append(a, v)
	}
	return median(a), median(b), nil
}

// inTemp calls f with an empty directory that is gone afterwards.
func inTemp(f func(dir string) (float64, error)) func() (float64, error) {
	return func() (float64, error) {
		dir, err := os.MkdirTemp("", "usher-bench-")
		if err != nil {
			return 0, err
		}
		defer func() { _ = os.RemoveAll(dir) }()
		return f(dir)
	}
}
