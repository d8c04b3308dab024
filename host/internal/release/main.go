// Command release makes what a release consists of. It runs in the module's root:
//
//	release notices                          the licences that the binary embeds
//	release snapshot [-only LIST] DIR        archives, packages, bill of materials, checksums
//	release image [-platform linux/amd64] DIR   what the container file is built from
package main

import (
	"context"
	"errors"
	"flag"
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
		return errors.New("say what to make: notices, snapshot or image")
	}
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	only := flags.String("only", "", "platforms, such as linux/amd64,linux/arm64 (default: all)")
	platform := flags.String("platform", "linux/"+thisMachine.arch, "platform of the image")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	if args[0] != "notices" && flags.NArg() != 1 {
		return errors.New("say in which folder to make it")
	}
	switch args[0] {
	case "notices":
		return makeNotices(ctx, "host/release/dist", licensesFolder)
	case "snapshot":
		chosen, err := targetsOf(*only)
		if err != nil {
			return err
		}
		return snapshot(ctx, flags.Arg(0), chosen)
	case "image":
		chosen, err := targetsOf(*platform)
		if err != nil {
			return err
		}
		return image(ctx, flags.Arg(0), chosen[0])
	default:
		return fmt.Errorf("%q can't be made: notices, snapshot and image can", args[0])
	}
}
