package child

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
)

// Task is work that a subprocess does in place of this program.
type Task struct {
	Name string
	// Do does the work, and writes its result to out. The error is for the host's
	// log.
	Do func(arg string, in io.Reader, out io.Writer) error
}

// variable is the environment variable that holds the order of a subprocess.
const variable = "USHER_CHILD"

// order is the task or program of a subprocess, and its limits.
type order struct {
	Task    string   `json:"task,omitempty"`
	Arg     string   `json:"arg,omitempty"`
	Program []string `json:"program,omitempty"`
	Limits  Limits   `json:"limits"`
}

// Main does nothing, unless this process was started by [Process.Run]: then it runs
// its task, and exits. Call it at the start of main.
func Main(tasks ...Task) {
	text, isChild := os.LookupEnv(variable)
	if !isChild {
		return
	}
	if err := runOrder(text, tasks); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func runOrder(text string, tasks []Task) error {
	var o order
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return fmt.Errorf("read the order of a subprocess: %w", err)
	}
	if err := os.Unsetenv(variable); err != nil {
		return err
	}
	if err := o.Limits.apply(); err != nil {
		return err
	}
	if len(o.Program) > 0 {
		return become(o.Program)
	}
	for _, t := range tasks {
		if t.Name == o.Task {
			o.Limits.applyToGo()
			return t.Do(o.Arg, os.Stdin, os.Stdout)
		}
	}
	return fmt.Errorf("this program has no task %q", o.Task)
}
