// Package peers starts the servers whose decisions are measured, each in a process of
// its own: usher, a bare handler, and Node.
package peers

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host/web"
)

// Server is a process that answers HTTP on loopback. It must be closed.
type Server struct {
	Address string // host and port
	Path    string // where it decides
	Key     string // an API key; "" for none

	process *exec.Cmd
}

// start starts a process and reads its address from a line, in which find looks for it.
func start(cmd *exec.Cmd, output func(*exec.Cmd) (io.ReadCloser, error), find func(line []byte) string) (*Server, error) {
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	lines, err := output(cmd)
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", filepath.Base(cmd.Path), err)
	}
	var said bytes.Buffer
	scanner := bufio.NewScanner(lines)
	for scanner.Scan() {
		if address := find(scanner.Bytes()); address != "" {
			go func() { _, _ = io.Copy(io.Discard, lines) }() // so that it never waits for a reader
			return &Server{Address: address, process: cmd}, nil
		}
		said.Write(append(scanner.Bytes(), '\n'))
	}
	return nil, fmt.Errorf("%s ended before it listened: %w\n%s", filepath.Base(cmd.Path), errors.Join(scanner.Err(), cmd.Wait()), said.Bytes())
}

// Close ends the process.
func (s *Server) Close() {
	_ = s.process.Process.Signal(syscall.SIGTERM)
	_ = s.process.Wait() // it was ended
}

// Usher starts `usher serve` on an empty data directory.
func Usher(ctx context.Context, binary, data string) (*Server, error) {
	cmd := exec.CommandContext(ctx, binary, "serve", "--data", data, "--listen", "127.0.0.1:0", "--log-format", "json", "--allow-network", "127.0.0.0/8")
	cmd.Env = append(os.Environ(), "XDG_CONFIG_HOME="+data)
	s, err := start(cmd, (*exec.Cmd).StderrPipe, func(line []byte) string {
		var entry struct{ Msg, Address string }
		if json.Unmarshal(line, &entry) != nil || entry.Msg != "serving" {
			return ""
		}
		return entry.Address
	})
	if err != nil {
		return nil, err
	}
	key, err := os.ReadFile(filepath.Join(data, "admin.key"))
	if err != nil {
		s.Close()
		return nil, err
	}
	s.Path, s.Key = "/v1/decisions/pre-user-registration", strings.TrimSpace(string(key))
	return s, nil
}

// Deploy deploys and binds the action in a folder.
func (s *Server) Deploy(ctx context.Context, binary, folder string) error {
	cmd := exec.CommandContext(ctx, binary, "actions", "deploy", folder, "--bind", "--url", "http://"+s.Address)
	cmd.Env = append(os.Environ(), "USHER_API_KEY="+s.Key)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("deploy %s: %w\n%s", folder, err, out)
	}
	return nil
}

// SetSecret sets a secret of an action.
func (s *Server) SetSecret(ctx context.Context, binary, action, name, value string) error {
	cmd := exec.CommandContext(ctx, binary, "secrets", "set", action, name, "--url", "http://"+s.Address)
	cmd.Env, cmd.Stdin = append(os.Environ(), "USHER_API_KEY="+s.Key), strings.NewReader(value)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("set a secret of %s: %w\n%s", action, err, out)
	}
	return nil
}

// bareVariable makes this program the bare server: see [ServeBare].
const bareVariable = "USHER_BENCH_BARE_SERVER"

// Bare starts the least that a decision can cost: a handler of this program that reads
// the event and answers allow.
func Bare(ctx context.Context) (*Server, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self)
	cmd.Env = append(os.Environ(), bareVariable+"=1")
	s, err := start(cmd, (*exec.Cmd).StdoutPipe, func(line []byte) string { return string(line) })
	if err != nil {
		return nil, err
	}
	s.Path = "/"
	return s, nil
}

// ServeBare is the bare server's main, and returns false at once in any other process.
func ServeBare() bool {
	if os.Getenv(bareVariable) == "" {
		return false
	}
	listener, err := web.Listen(context.Background(), "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(listener.Addr())
	routes := echo.New()
	routes.POST("/", func(c echo.Context) error {
		var event map[string]json.RawMessage
		if err := json.NewDecoder(c.Request().Body).Decode(&event); err != nil {
			return err
		}
		return c.JSON(200, map[string]string{"decision": "allow"})
	})
	routes.Listener = listener
	_ = routes.Start("") // until a signal ends the process
	return true
}

// Node starts a Node server that calls the action in file in its own process.
func Node(ctx context.Context, folder, file, url string) (*Server, error) {
	cmd := exec.CommandContext(ctx, "node", "decide-server.js", file, url)
	cmd.Dir = folder
	s, err := start(cmd, (*exec.Cmd).StdoutPipe, func(line []byte) string { return string(line) })
	if err != nil {
		return nil, err
	}
	s.Path = "/"
	return s, nil
}
