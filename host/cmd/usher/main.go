// Command usher is the host and its command line: it serves the HTTP API, runs
// the actions, and is the client with which authors and operators work.
package main

import (
	"os"

	"github.com/usherhost/usher/host/child"
)

func main() {
	child.Main(childTasks()...)
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
