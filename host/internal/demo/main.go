// Command demo runs Usher's main job once, with the commands that a person
// would type: it starts a host on an empty data directory and a receiver that
// stands in for Slack, deploys an action, sets its secret, sends an event, and
// shows the execution and what the receiver got. It stops all that it started.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/usherhost/usher/host/internal/receiver"
)

func main() {
	usher := flag.String("usher", "bin/usher", "the usher binary")
	action := flag.String("action", "plugins/notify-slack-go", "the action's folder")
	secret := flag.String("secret", "SLACK_WEBHOOK_URL", "the secret that holds the receiver's address")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *usher, *action, *secret); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, usher, action, secret string) error {
	dir, err := os.MkdirTemp("", "usher-demo-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	slack := receiver.Start(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") })
	defer slack.Close()
	d := &demo{usher: usher, data: filepath.Join(dir, "data")}
	if err := d.start(ctx); err != nil {
		return err
	}
	defer d.stop()
	want, err := readExpected(action)
	if err != nil {
		return err
	}
	if err := d.play(ctx, action, secret, slack.URL+want.Path); err != nil {
		return err
	}
	return show(slack, want)
}

// demo is a host that runs, and the command line that speaks to it.
type demo struct {
	usher string
	data  string
	url   string
	host  *exec.Cmd
	log   sync.WaitGroup
}

// serving finds the address in the host's log.
var serving = regexp.MustCompile(`msg=serving address=(\S+)`)

// start starts the host on a free port, and waits until it serves.
func (d *demo) start(ctx context.Context) error {
	args := []string{"serve", "--data", d.data, "--listen", "127.0.0.1:0", "--allow-network", "127.0.0.0/8"}
	fmt.Println("$ usher " + strings.Join(args, " ") + " &")
	d.host = exec.CommandContext(ctx, d.usher, args...)
	d.host.Env = append(os.Environ(), "XDG_CONFIG_HOME="+d.data) // the user's profiles stay as they are
	d.host.Cancel = func() error { return d.host.Process.Signal(os.Interrupt) }
	d.host.WaitDelay = 10 * time.Second
	log, err := d.host.StderrPipe()
	if err != nil {
		return err
	}
	if err := d.host.Start(); err != nil {
		return fmt.Errorf("start the host: %w", err)
	}
	address := make(chan string, 1)
	d.log.Go(func() { follow(log, address) })
	select {
	case found, ok := <-address:
		if !ok {
			return errors.Join(errors.New("the host did not start"), d.host.Wait())
		}
		d.url = "http://" + found
		return nil
	case <-time.After(30 * time.Second):
		d.stop()
		return errors.New("the host does not serve after 30 s")
	}
}

// follow reports the address that the host serves on, and prints its log: until
// then all of it, after that warnings only, so that the page stays readable.
func follow(log io.Reader, address chan<- string) {
	defer close(address)
	serves := false
	lines := bufio.NewScanner(log)
	for lines.Scan() {
		if !serves || strings.Contains(lines.Text(), "level=WARN") || strings.Contains(lines.Text(), "level=ERROR") {
			fmt.Println("  " + lines.Text())
		}
		if found := serving.FindStringSubmatch(lines.Text()); found != nil && !serves {
			serves = true
			address <- found[1]
		}
	}
}

// stop stops the host as an operator would, and waits for it.
func (d *demo) stop() {
	_ = d.host.Process.Signal(os.Interrupt)
	d.log.Wait()
	_ = d.host.Wait()
}

// play is the main job.
func (d *demo) play(ctx context.Context, action, secret, receiver string) error {
	name := filepath.Base(action)
	if found, err := actionName(action); err == nil {
		name = found
	}
	at, err := url.Parse(receiver)
	if err != nil {
		return err
	}
	allow := "http://" + at.Host
	for _, step := range []struct {
		args  []string
		stdin string
	}{
		{args: []string{"actions", "deploy", action, "--yes"}}, // it has a build command
		{args: []string{"secrets", "set", name, secret}, stdin: receiver},
		{args: []string{"bind", name, "--allow", allow}},
		{args: []string{"events", "send", filepath.Join(action, "event.json"), "--wait", "30s"}},
		{args: []string{"executions", "list"}},
	} {
		if err := d.command(ctx, step.stdin, step.args...); err != nil {
			return err
		}
	}
	return nil
}

// command runs one usher command as a person would, and shows it.
func (d *demo) command(ctx context.Context, stdin string, args ...string) error {
	line := "usher " + strings.Join(args, " ")
	if stdin != "" {
		line = "echo " + stdin + " | " + line
	}
	fmt.Println("\n$ " + line)
	cmd := exec.CommandContext(ctx, d.usher, args...)
	cmd.Env = append(os.Environ(), "USHER_URL="+d.url, "USHER_DATA="+d.data, "XDG_CONFIG_HOME="+d.data)
	cmd.Stdin = strings.NewReader(stdin)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stdout
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w", line, err)
	}
	return nil
}

var nameLine = regexp.MustCompile(`(?m)^name:\s*"?([^"\s#]+)`)

func actionName(dir string) (string, error) {
	data, err := os.ReadFile(filepath.Join(dir, "action.yaml"))
	if err != nil {
		return "", err
	}
	found := nameLine.FindSubmatch(data)
	if found == nil {
		return "", errors.New("action.yaml has no name")
	}
	return string(found[1]), nil
}

// expected is the request that the sample's expected.json promises.
type expected struct {
	Method string `json:"method"`
	Path   string `json:"path"`
	Body   any    `json:"body"`
}

func readExpected(dir string) (expected, error) {
	data, err := os.ReadFile(filepath.Join(dir, "expected.json"))
	if err != nil {
		return expected{}, err
	}
	var file struct {
		Requests []expected `json:"requests"`
	}
	if err := json.Unmarshal(data, &file); err != nil {
		return expected{}, fmt.Errorf("expected.json: %w", err)
	}
	if len(file.Requests) != 1 {
		return expected{}, errors.New("expected.json must promise one request")
	}
	return file.Requests[0], nil
}

// show prints what came, and complains when that is not what was promised.
func show(slack *receiver.Receiver, want expected) error {
	requests := slack.Requests()
	fmt.Printf("\nThe receiver at %s got:\n\n", slack.URL)
	for _, got := range requests {
		fmt.Printf("  %s %s\n", got.Method, got.Path)
		for _, name := range []string{"Content-Type", "Idempotency-Key", "User-Agent"} {
			if value := got.Header.Get(name); value != "" {
				fmt.Printf("  %s: %s\n", name, value)
			}
		}
		fmt.Printf("\n  %s\n\n", got.Body)
	}
	if len(requests) != 1 || !promised(requests[0], want) {
		return fmt.Errorf("the receiver should have got exactly %s %s once, as expected.json says", want.Method, want.Path)
	}
	fmt.Println("That is exactly what the sample's expected.json promises.")
	return nil
}

func promised(got receiver.Request, want expected) bool {
	var body any
	err := json.Unmarshal([]byte(got.Body), &body)
	return err == nil && got.Method == want.Method && got.Path == want.Path && reflect.DeepEqual(body, want.Body)
}
