package child

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
)

// Task is what a process does in place of this program.
type Task struct {
	Name string
	// Do does it. The error is for the host's log: what the parent is to be
	// told goes to out.
	Do func(arg string, in io.Reader, out io.Writer) error
}

// variable tells a process that it is a child, and its order.
const variable = "USHER_CHILD"

// order is what a process is to do.
type order struct {
	Task    string   `json:"task,omitempty"`
	Arg     string   `json:"arg,omitempty"`
	Program []string `json:"program,omitempty"`
	Limits  Limits   `json:"limits"`
}

// Main does nothing, unless this process was started by [Process.Run]: then it
// does its task, and exits. Call it first thing in main.
func Main(tasks ...Task) {
	text, is := os.LookupEnv(variable)
	if !is {
		return
	}
	if err := obey(text, tasks); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func obey(text string, tasks []Task) error {
	var o order
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return fmt.Errorf("read the order of a process: %w", err)
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
	return fmt.Errorf("this program knows no task %q", o.Task)
}
