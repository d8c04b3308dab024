package hosttest_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/executor"
	"github.com/usherhost/usher/host/internal/guests"
	"github.com/usherhost/usher/host/internal/hosttest"
)

// poisonVariable makes the test binary a host that one event ends.
const poisonVariable = "USHER_TEST_POISON"

// poisonUser is the one whose event ends the host.
const poisonUser = 1_000_000

// TestAHostThatOneEventEnds is no test: it is the host of the tests below, which
// ends itself as the variable says when it runs the second action of the poison.
func TestAHostThatOneEventEnds(t *testing.T) {
	how, dir, found := strings.Cut(os.Getenv(poisonVariable), ":")
	if !found {
		t.Skip("it is the host of other tests")
	}
	ctx := context.Background()
	h, err := hosttest.OpenWith(ctx, dir, hosttest.Options{Concurrency: 32, Runner: func(r executor.Runner) executor.Runner {
		return executor.RunnerFunc(func(ctx context.Context, x host.Execution, index, attempt int) (host.Result, host.Tape, error) {
			if index == 1 && bytes.Contains(x.Event.Body, []byte(strconv.Itoa(poisonUser))) {
				pause(ctx, 20*time.Millisecond) // others run meanwhile
				endHost(how)
			}
			return r.Run(ctx, x, index, attempt)
		})
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := serveLines(ctx, h); err != nil {
		t.Fatal(err)
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
}

func endHost(how string) {
	switch how {
	case "exit":
		os.Exit(3)
	case "kill":
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	case "memory":
		_ = make([]byte, 1<<46) // the runtime ends the process
	case "panic":
		go panic("poison") // no function recovers it
	}
	select {}
}

// serveLines accepts an event for each user on standard input, and returns when
// there are no more and every execution has ended.
func serveLines(ctx context.Context, h *hosttest.Host) error {
	for {
		var user int
		if _, err := fmt.Scanln(&user); err != nil {
			break
		}
		if _, err := h.DB.Accept(ctx, []host.NewEvent{hosttest.Event(user)}); err != nil {
			return err
		}
	}
	for left := 1; left > 0; {
		left = 0
		for _, status := range []host.Status{host.StatusPending, host.StatusRunning, host.StatusRetrying} {
			found, err := h.DB.Executions(ctx, host.ExecutionQuery{Status: status})
			if err != nil {
				return err
			}
			left += len(found)
		}
		pause(ctx, 5*time.Millisecond)
	}
	return nil
}

// live runs the host on dir until all is done, with events of the users, and
// reports whether it ended otherwise.
func live(t *testing.T, how, dir string, users ...int) (crashed bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestAHostThatOneEventEnds$")
	cmd.Env = append(os.Environ(), poisonVariable+"="+how+":"+dir)
	var in strings.Builder
	for _, user := range users {
		fmt.Fprintln(&in, user)
	}
	cmd.Stdin = strings.NewReader(in.String())
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		t.Fatalf("the host neither ended nor was done:\n%s", out)
	}
	return err != nil
}

// prepare deploys two actions that wait a little.
func prepare(t *testing.T, dir string) {
	t.Helper()
	h, err := hosttest.Open(t.Context(), dir, 4)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"first", "second"} {
		script := guests.Script(guests.Step{Function: "clock_sleep", Argument: guests.Word(5)})
		if err := h.Deploy(t.Context(), name, guests.Wasm("script"), host.Settings{Config: map[string]string{"script": script}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.Bind(t.Context(), "first", "second"); err != nil {
		t.Fatal(err)
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestAnEventThatEndsTheHostIsADeadLetterAfterTheSecondTime(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"exit", "kill", "memory", "panic"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			prepare(t, dir)
			if !live(t, how, dir, 1, 2, 3, 4, poisonUser, 5, 6, 7, 8) {
				t.Fatal("the poison did not end the host")
			}
			if !live(t, how, dir) {
				t.Fatal("the poison did not end the host again")
			}
			if live(t, how, dir, 9, 10) {
				t.Fatal("the poison ended the host a third time")
			}
			checkPoisoned(t, dir)
		})
	}
}

// TestAnEventThatEndsTheHostUnderLoadIsADeadLetterAfterTheThirdTime: with new
// events there is doubt about what ended the host the second time.
func TestAnEventThatEndsTheHostUnderLoadIsADeadLetterAfterTheThirdTime(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	prepare(t, dir)
	crashes := 0
	for users := []int{1, 2, poisonUser, 3}; live(t, "kill", dir, users...); users = []int{10 * crashes, 10*crashes + 1} {
		if crashes++; crashes == 4 {
			t.Fatal("the poison ends the host again and again")
		}
	}
	if crashes < 2 || crashes > 3 { // two when the new events came after the second crash
		t.Errorf("the poison ended the host %d times", crashes)
	}
	checkPoisoned(t, dir)
}

// checkPoisoned expects that all but the poison completed without losing an
// attempt, and that the poison is a dead letter which says why.
func checkPoisoned(t *testing.T, dir string) {
	t.Helper()
	h, err := hosttest.Open(t.Context(), dir, 4)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = h.Close() }()
	all, err := h.DB.Executions(t.Context(), host.ExecutionQuery{})
	if err != nil || len(all) < 5 {
		t.Fatalf("%d executions, %v", len(all), err)
	}
	poisoned := 0
	for _, x := range all {
		results, err := h.DB.Results(t.Context(), x.ID)
		if err != nil || len(results) != 2 || results[0].Attempt != 1 || results[1].Attempt != 1 {
			t.Errorf("%s is %s with %d results, %v: %+v", x.UserID, x.Status, len(results), err, results)
			continue
		}
		if x.UserID != hosttest.Event(poisonUser).UserID {
			if x.Status != host.StatusCompleted {
				t.Errorf("%s is %s", x.UserID, x.Status)
			}
			continue
		}
		poisoned++
		r := results[1]
		if x.Status != host.StatusPartial || !slices.Equal(x.Progress, []host.StepState{host.StepSucceeded, host.StepDead}) ||
			!r.DeadLetter || r.Fault != host.FaultHost || r.Error.Name != "HostEnded" || r.Action != "second" {
			t.Errorf("the poison is %s with %v: %+v, %+v", x.Status, x.Progress, r, r.Error)
		}
	}
	if poisoned != 1 {
		t.Errorf("%d executions of the poison", poisoned)
	}
}
