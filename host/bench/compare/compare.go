// Package compare is the frame of the benchmark programs: named comparisons,
// measured side by side in one process, printed as ratios of medians.
package compare

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// Row is one comparison. Ratio is how many times better Value is than that
// of Against; below 1 it is worse.
type Row struct {
	Bench   string  `json:"bench"`
	Work    string  `json:"work"`
	Value   float64 `json:"value"`
	Unit    string  `json:"unit"`
	Against string  `json:"against"`
	Ratio   float64 `json:"ratio"`
}

// Rate returns the row of a rate, of which more is better.
func Rate(bench, work string, ours float64, unit, against string, theirs float64) Row {
	return Row{Bench: bench, Work: work, Value: ours, Unit: unit, Against: against, Ratio: ours / theirs}
}

// Cost returns the row of a cost, of which less is better.
func Cost(bench, work string, ours float64, unit, against string, theirs float64) Row {
	return Row{Bench: bench, Work: work, Value: ours, Unit: unit, Against: against, Ratio: theirs / ours}
}

// Bench is one named comparison.
type Bench struct {
	Name string
	What string
	Run  func(ctx context.Context, e Effort) ([]Row, error)
}

// Effort says how long to measure.
type Effort struct {
	Rounds int
	Length time.Duration // of one measurement
	Count  int           // of things, where things are counted
	Quick  bool
}

// ballastBytes of heap make Go's collector run about as often as in a server
// that holds something. Without them a peer that makes garbage looks several
// times worse than it is.
const ballastBytes = 64 << 20

// Main is the program that command runs: it reads the command line, runs the
// benches that it names, or all, and prints a row for each comparison.
func Main(command string, benches []Bench) {
	asJSON := flag.Bool("json", false, "print one JSON object a line")
	quick := flag.Bool("quick", false, "one short round each: to see that it works, not to trust")
	flag.Usage = func() { usage(command, benches) }
	flag.Parse()
	e := Effort{Rounds: 5, Length: 2 * time.Second, Count: 200}
	if *quick {
		e = Effort{Rounds: 1, Length: 200 * time.Millisecond, Count: 20, Quick: true}
	}
	ballast := make([]byte, ballastBytes)
	err := run(context.Background(), benches, flag.Args(), e, *asJSON)
	runtime.KeepAlive(ballast)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func usage(command string, benches []Bench) {
	fmt.Fprintf(os.Stderr, "Usage: %s [--json] [--quick] [NAME…]\n\nWithout names it runs all:\n", command)
	for _, b := range benches {
		fmt.Fprintf(os.Stderr, "  %-12s %s\n", b.Name, b.What)
	}
	flag.PrintDefaults()
}

func run(ctx context.Context, benches []Bench, names []string, e Effort, asJSON bool) error {
	for _, name := range names {
		if !slices.ContainsFunc(benches, func(b Bench) bool { return b.Name == name }) {
			return fmt.Errorf("no bench is called %q; see --help", name)
		}
	}
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	for _, b := range benches {
		if len(names) > 0 && !slices.Contains(names, b.Name) {
			continue
		}
		rows, err := b.Run(ctx, e)
		for _, r := range rows { // also those before an error
			show(out, r, asJSON)
		}
		if err := errors.Join(err, out.Flush()); err != nil {
			return fmt.Errorf("%s: %w", b.Name, err)
		}
	}
	return nil
}

func show(out *tabwriter.Writer, r Row, asJSON bool) {
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
