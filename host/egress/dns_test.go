package egress_test

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// zone is a name server for tests. It gives each name's answers in turn, and
// the last one for ever.
type zone struct {
	mu      sync.Mutex // guards answers and asked
	answers map[string][][]netip.Addr
	asked   map[string]int
}

// names starts a name server on the loopback. An answer is one or more
// addresses with spaces between.
func names(t *testing.T, answers map[string][]string) (*net.Resolver, *zone) {
	t.Helper()
	z := &zone{answers: map[string][][]netip.Addr{}, asked: map[string]int{}}
	for name, lists := range answers {
		for _, list := range lists {
			var addrs []netip.Addr
			for field := range strings.FieldsSeq(list) {
				addrs = append(addrs, netip.MustParseAddr(field))
			}
			z.answers[name+"."] = append(z.answers[name+"."], addrs)
		}
	}
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { conn.Close(); <-done })
	go func() { defer close(done); z.serve(conn) }()
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", conn.LocalAddr().String())
	}
	return &net.Resolver{PreferGo: true, Dial: dial}, z
}

func (z *zone) serve(conn net.PacketConn) {
	buf := make([]byte, 1500)
	for {
		n, from, err := conn.ReadFrom(buf)
		if err != nil {
			return
		}
		var query dnsmessage.Message
		if query.Unpack(buf[:n]) != nil || len(query.Questions) != 1 {
			continue
		}
		answer, err := z.answer(query)
		if err == nil {
			_, _ = conn.WriteTo(answer, from)
		}
	}
}

// answer counts A questions alone: each look-up asks for A and AAAA.
func (z *zone) answer(query dnsmessage.Message) ([]byte, error) {
	q := query.Questions[0]
	name := q.Name.String()
	out := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: query.ID, Response: true, RecursionAvailable: true},
		Questions: query.Questions,
	}
	z.mu.Lock()
	defer z.mu.Unlock()
	turns, found := z.answers[name]
	if !found {
		out.RCode = dnsmessage.RCodeNameError
		return out.Pack()
	}
	turn := min(z.asked[name], len(turns)-1)
	if q.Type == dnsmessage.TypeA {
		z.asked[name]++
	}
	for _, addr := range turns[turn] {
		out.Answers = append(out.Answers, resources(q, addr)...)
	}
	return out.Pack()
}

func resources(q dnsmessage.Question, addr netip.Addr) []dnsmessage.Resource {
	header := dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class, Type: q.Type}
	switch {
	case q.Type == dnsmessage.TypeA && addr.Is4():
		return []dnsmessage.Resource{{Header: header, Body: &dnsmessage.AResource{A: addr.As4()}}}
	case q.Type == dnsmessage.TypeAAAA && addr.Is6():
		return []dnsmessage.Resource{{Header: header, Body: &dnsmessage.AAAAResource{AAAA: addr.As16()}}}
	}
	return nil
}
