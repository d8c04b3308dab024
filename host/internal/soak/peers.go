package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"time"

	"github.com/usherhost/usher/host/internal/hostile"
)

// peers are the servers that actions call.
type peers struct {
	origin   string   // an ordinary one; /slow is slow
	bad      string   // answers badly, in the way that the path says
	careless string   // answers, and takes the body of a GET for the next request
	kit      []string // the addresses of package hostile's
	close    func()
}

func startPeers() (*peers, error) {
	origin := httptest.NewServer(http.HandlerFunc(ordinary))
	bad, err := listen(serveBad)
	if err != nil {
		return nil, err
	}
	careless, err := listen(serveCareless)
	if err != nil {
		return nil, err
	}
	kit, closeKit, err := startKit()
	if err != nil {
		return nil, err
	}
	return &peers{
		kit: kit, origin: origin.URL, bad: "http://" + bad.Addr().String(), careless: "http://" + careless.Addr().String(),
		close: func() {
			origin.CloseClientConnections()
			origin.Close()
			_ = bad.Close()
			_ = careless.Close()
			closeKit()
		},
	}, nil
}

// startKit starts every peer of package hostile.
func startKit() (urls []string, closeAll func(), err error) {
	var servers []*hostile.Server
	closeAll = func() {
		for _, s := range servers {
			s.Close()
		}
	}
	for _, p := range hostile.Peers() {
		s, err := p.Start()
		if err != nil {
			closeAll()
			return nil, nil, err
		}
		servers, urls = append(servers, s), append(urls, s.URL)
	}
	return urls, closeAll, nil
}

func ordinary(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/slow" {
		select {
		case <-time.After(5 * time.Second):
		case <-r.Context().Done():
			return
		}
	}
	_, _ = io.WriteString(w, "answer to "+r.URL.Path) //nolint:gosec // no browser reads it
}

func listen(serve func(net.Conn)) (net.Listener, error) {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = c.Close() }()
				serve(c)
			}()
		}
	}()
	return l, nil
}

// serveBad answers one request as its path says, and never ends by itself.
func serveBad(c net.Conn) {
	_ = c.SetDeadline(time.Now().Add(time.Minute))
	r, err := http.ReadRequest(bufio.NewReader(c))
	if err != nil {
		return
	}
	const head = "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"
	say := func(text string) bool { _, err := io.WriteString(c, text); return err == nil }
	gone := make(chan struct{}) // the host closed the connection
	go func() {
		_, _ = io.Copy(io.Discard, c)
		close(gone)
	}()
	every := func(pause time.Duration, text string) {
		for say(text) {
			select {
			case <-gone:
				return
			case <-time.After(pause):
			}
		}
	}
	switch strings.TrimPrefix(r.URL.Path, "/") {
	case "101":
		say("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
	case "103":
		every(time.Millisecond, "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")
	case "trickle":
		say(head)
		every(50*time.Millisecond, "x")
	case "endless":
		say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
		every(0, "10000\r\n"+strings.Repeat("x", 1<<16)+"\r\n")
	case "headers":
		say("HTTP/1.1 200 OK\r\n")
		every(0, "X-Header: "+strings.Repeat("x", 1<<16)+"\r\n")
	case "half":
		say(head + "some of it")
		if tcp, ok := c.(*net.TCPConn); ok {
			_ = tcp.CloseWrite()
		}
	}
	<-gone
}

// serveCareless is an honest server with a known bug: it does not read the body
// of a GET, and takes it for the next request.
func serveCareless(c net.Conn) {
	in := bufio.NewReader(c)
	for {
		_ = c.SetDeadline(time.Now().Add(time.Minute))
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		length := 0
		for {
			header, err := in.ReadString('\n')
			if err != nil {
				return
			}
			if header = strings.TrimSpace(header); header == "" {
				break
			}
			if name, value, _ := strings.Cut(header, ":"); strings.EqualFold(name, "content-length") {
				length, _ = strconv.Atoi(strings.TrimSpace(value))
			}
		}
		method, rest, _ := strings.Cut(line, " ")
		path, _, _ := strings.Cut(rest, " ")
		if method != http.MethodGet {
			_, _ = io.CopyN(io.Discard, in, int64(length))
		}
		answer := "answer to " + path
		if _, err := fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(answer), answer); err != nil {
			return
		}
	}
}
