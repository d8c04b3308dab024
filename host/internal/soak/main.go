// Command soak runs good and hostile actions side by side on a real host with
// a memory budget, 64 at once, with bombs being compiled and idle senders
// meanwhile, and kills the host in the middle. It prints what each action came
// to, and fails unless the host lived, kept its budget, lost nothing, stopped
// each hostile run with its own fault, and kept good actions quick.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/usherhost/usher/host/internal/serving"
)

// atOnce is how many events are on their way at the same time.
const atOnce = 64

type options struct {
	events      int
	duration    time.Duration
	memoryBytes int64
	slower      float64 // how much slower good actions may become; 0 is no limit
	idle        int     // senders that send nothing
	seed        uint64
	usher       string // the program; empty: it is built
	only        string // a regular expression
}

func main() {
	var o options
	short := flag.Bool("short", false, "the form for CI: 640 events in about a minute")
	flag.IntVar(&o.events, "events", 10_000, "how many events to send")
	flag.DurationVar(&o.duration, "duration", 30*time.Minute, "how long to take for them, at least")
	flag.Int64Var(&o.memoryBytes, "memory", 1<<30, "the host's memory budget, in bytes")
	flag.Float64Var(&o.slower, "slower", 5, "how many times slower good actions may become, at the 99th percentile; 0: report it only")
	flag.IntVar(&o.idle, "idle", 1030, "how many idle connections of one sender to hold")
	flag.StringVar(&o.usher, "usher", "", "the usher binary; empty: build it")
	flag.Uint64Var(&o.seed, "seed", 0, "order of the events; 0: a random one")
	flag.StringVar(&o.only, "only", "", "the only hostile actions: those whose name this regular expression matches")
	flag.Parse()
	if *short {
		o.events, o.duration, o.idle, o.slower = 640, 30*time.Second, 300, 0 // machines of CI do other things too: no test depends on how fast one is
	}
	if o.seed == 0 {
		o.seed = rand.Uint64N(1 << 32)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(1)
	}
}

var errMissed = errors.New("a promise is broken")

func run(ctx context.Context, o options) error {
	dir, err := os.MkdirTemp("", "soak-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	binary := o.usher
	if binary == "" {
		if binary, err = serving.Build(ctx, dir); err != nil {
			return err
		}
	}
	log, err := os.Create(filepath.Join(dir, "host.log"))
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	s := &soak{options: o, random: rand.New(rand.NewPCG(o.seed, 0)), serve: serving.Options{
		Binary: binary, Data: filepath.Join(dir, "data"), Socket: filepath.Join(dir, "s"), Log: log,
		Args: []string{"--allow-network", "127.0.0.0/8", "--concurrency", fmt.Sprint(atOnce)},
	}}
	s.withBudget(ctx)
	fmt.Printf("soak: seed %d, %d events, at least %v, %d at once, budget %d MiB\n", o.seed, o.events, o.duration, atOnce, o.memoryBytes>>20)
	err = s.run(ctx)
	if err != nil {
		showEnd(log.Name())
	}
	return err
}

// withBudget gives the host its budget, when it takes one.
func (s *soak) withBudget(ctx context.Context) {
	help, err := exec.CommandContext(ctx, s.serve.Binary, "serve", "--help").Output()
	if err != nil || !strings.Contains(string(help), "--memory ") {
		fmt.Println("SKIPPED: this host has no --memory: its budget is only watched")
		return
	}
	s.serve.Args = append(s.serve.Args, "--memory", fmt.Sprintf("%dMiB", s.memoryBytes>>20))
}

// showEnd prints the end of the host's log.
func showEnd(path string) {
	text, err := os.ReadFile(path)
	if err != nil {
		return
	}
	_, _ = io.WriteString(os.Stderr, "the host's last words:\n"+string(text[max(0, len(text)-8<<10):]))
}
