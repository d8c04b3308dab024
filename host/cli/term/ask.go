package term

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	xterm "golang.org/x/term"
)

// ReadSecret asks for a value without echo on a terminal, and otherwise reads
// all of the input, less one newline at its end.
func (t Terminal) ReadSecret(prompt string) (string, error) {
	if f, ok := t.In.(*os.File); ok && IsTerminal(f) {
		fmt.Fprint(t.Err, prompt)
		value, err := xterm.ReadPassword(int(f.Fd()))
		Fprintln(t.Err)
		return string(value), err
	}
	value, err := io.ReadAll(io.LimitReader(t.In, 1<<20))
	if err != nil {
		return "", fmt.Errorf("read stdin: %w", err)
	}
	if len(value) == 0 {
		return "", errors.New("stdin is empty")
	}
	return strings.TrimSuffix(strings.TrimSuffix(string(value), "\n"), "\r"), nil
}

// Ask asks the user on a terminal, and ends the command unless the answer is yes.
func (t Terminal) Ask(question string) error {
	f, ok := t.In.(*os.File)
	if !ok || !IsTerminal(f) {
		return ErrNoTerminal
	}
	fmt.Fprint(t.Err, question+" [y/N] ")
	answer, err := bufio.NewReader(f).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read the answer: %w", err)
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return nil
	}
	t.Note("nothing was done")
	return SilentExit(ExitFailure)
}

// Confirm asks the user on a terminal; without one, only --yes confirms.
func (t Terminal) Confirm(question string) error {
	err := t.Ask(question)
	if errors.Is(err, ErrNoTerminal) {
		return UsageError{Err: errors.New("this needs a confirmation, and stdin is not a terminal"), Hint: "check the plan above, then give --yes"}
	}
	return err
}

// ErrNoTerminal is the error of [Terminal.Ask] without a terminal.
var ErrNoTerminal = errors.New("stdin is not a terminal")
