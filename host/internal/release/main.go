// Command release makes what a release consists of. It runs in the module's root:
//
//	release notices    the licences that the binary embeds
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errors.New("say what to make: notices")
	}
	switch args[0] {
	case "notices":
		return makeNotices(ctx, "host/release/dist", licensesFolder)
	default:
		return fmt.Errorf("%q can't be made: notices can", args[0])
	}
}
