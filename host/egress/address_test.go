package egress_test

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/egress"
)

var public = host.Egress{Mode: host.EgressPublic}

// literal is a URL of an address.
func literal(addr string) string {
	return "http://" + net.JoinHostPort(addr, "80") + "/"
}

func TestSpecialAddressesAreRefused(t *testing.T) {
	t.Parallel()
	for addr, rule := range map[string]string{
		"0.0.0.0": "unspecified address", "0.1.2.3": "unspecified address",
		"10.0.0.1": "private address", "10.255.255.255": "private address",
		"172.16.0.1": "private address", "172.31.255.255": "private address", "192.168.1.1": "private address",
		"100.64.0.1": "carrier-grade NAT address", "100.127.255.255": "carrier-grade NAT address",
		"127.0.0.1": "loopback address", "127.255.255.254": "loopback address",
		"169.254.1.1": "link-local address", "192.0.0.8": "protocol assignment address",
		"192.0.2.1": "documentation address", "198.51.100.1": "documentation address", "203.0.113.1": "documentation address",
		"192.88.99.1": "6to4 relay address", "198.18.0.1": "benchmarking address", "198.19.255.255": "benchmarking address",
		"224.0.0.1": "multicast address", "239.255.255.255": "multicast address",
		"240.0.0.1": "reserved address", "255.255.255.255": "broadcast address",
		"::": "unspecified address", "::1": "loopback address", "::127.0.0.1": "IPv4-compatible address",
		"::ffff:0:7f00:1": "IPv4-translated address", "64:ff9b::7f00:1": "NAT64 address", "64:ff9b::808:808": "NAT64 address",
		"64:ff9b:1::1": "NAT64 address", "100::1": "discard-only address", "100:0:0:1::1": "dummy address",
		"2001::1": "Teredo address", "2001:2::1": "benchmarking address", "2001:10::1": "ORCHID address", "2001:20::1": "ORCHID address",
		"2001:1::1": "protocol assignment address", "2001:db8::1": "documentation address", "3fff::1": "documentation address",
		"2002:7f00:1::1": "6to4 address", "2002:808:808::1": "6to4 address", "5f00::1": "segment routing address",
		"fc00::1": "unique local address", "fdff::1": "unique local address",
		"fe80::1": "link-local address", "fec0::1": "site-local address", "ff02::1": "multicast address",
		"4000::1": "reserved address", "200::1": "reserved address",
		"169.254.169.254": egress.RuleMetadata, "169.254.170.2": egress.RuleMetadata, "169.254.170.23": egress.RuleMetadata,
		"100.100.100.200": egress.RuleMetadata, "168.63.129.16": egress.RuleMetadata, "192.0.0.192": egress.RuleMetadata,
		"fd00:ec2::254": egress.RuleMetadata, "fd00:ec2::23": egress.RuleMetadata, "fd20:ce::254": egress.RuleMetadata,
	} {
		c := &egress.Client{}
		x := c.Explain(t.Context(), public, literal(addr))
		parsed := netip.MustParseAddr(addr)
		network := netip.PrefixFrom(parsed, parsed.BitLen()).String()
		if x.Allowed || x.Rule != rule || x.Network != network {
			t.Errorf("%s: allowed %t, rule %q, network %q; want rule %q, network %q", addr, x.Allowed, x.Rule, x.Network, rule, network)
		}
		if parsed.Is6() {
			continue // this machine may have no IPv6 to be refused
		}
		if f := mustFail(t, c, &host.HTTPRequest{URL: literal(addr), MaxRequests: 1, Egress: public}, host.EgressRefused); f.Rule != rule || f.Requests != 0 {
			t.Errorf("%s: Send failed with %+v, want rule %q and no request", addr, *f, rule)
		}
	}
}

func TestPublicAddressesPass(t *testing.T) {
	t.Parallel()
	for _, addr := range []string{
		"1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.1", "100.63.255.255", "100.128.0.1", "126.255.255.255", "128.0.0.1",
		"169.253.255.255", "172.15.255.255", "172.32.0.1", "192.0.1.1", "192.167.255.255", "198.17.255.255", "198.20.0.1",
		"223.255.255.255", "2606:4700:4700::1111", "2001:4860:4860::8888", "2a00::1",
	} {
		x := (&egress.Client{}).Explain(t.Context(), public, literal(addr))
		if !x.Allowed || x.Addresses[0].By != "public address" {
			t.Errorf("%s: %+v, want it allowed as a public address", addr, x)
		}
	}
}

func TestOperatorAllowsNetworks(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		allow, addr string
		rule        string // empty: passes
	}{
		{"10.0.0.0/8", "10.1.2.3", ""},
		{"10.0.0.0/8", "11.1.2.3", ""}, // public
		{"10.0.0.0/8", "192.168.0.1", "private address"},
		{"10.1.2.3/32", "10.1.2.4", "private address"},
		{"fc00::/7", "fd12::1", ""},
		{"fc00::/7", "fd00:ec2::254", egress.RuleMetadata},
		{"fd00:ec2::254/128", "fd00:ec2::254", ""},
		{"0.0.0.0/0", "169.254.169.254", egress.RuleMetadata},
		{"169.254.0.0/16", "169.254.169.254", egress.RuleMetadata},
		{"169.254.169.254/31", "169.254.169.254", egress.RuleMetadata},
		{"169.254.169.254/32", "169.254.169.254", ""},
		{"169.254.169.254/32", "169.254.170.2", egress.RuleMetadata},
		{"168.63.129.0/24", "168.63.129.16", egress.RuleMetadata},
		{"64:ff9b::/96", "64:ff9b::808:808", ""},
		{"64:ff9b::/96", "64:ff9b::a00:1", "private address"},
		{"64:ff9b::/96", "64:ff9b::a9fe:a9fe", egress.RuleMetadata},
		{"2002::/16", "2002:a00:1::1", "private address"},
		{"2002::/16", "2002:808:808::1", ""},
		{"2001::/32", "2001:0:4136:e378:8000:63bf:f5ff:fffe", "private address"}, // 10.0.0.1, inverted
		{"::/0", "64:ff9b::7f00:1", "loopback address"},
		{"::/0", "::ffff:0:7f00:1", "loopback address"},
		{"::/0", "::169.254.169.254", egress.RuleMetadata},
	} {
		c := &egress.Client{AllowNetworks: []netip.Prefix{netip.MustParsePrefix(tt.allow)}}
		x := c.Explain(t.Context(), public, literal(tt.addr))
		if x.Rule != tt.rule || x.Allowed != (tt.rule == "") {
			t.Errorf("with %s allowed, %s: rule %q, want %q", tt.allow, tt.addr, x.Rule, tt.rule)
		}
	}
}

func TestOwnListenAddressesAreRefusedWhateverIsAllowed(t *testing.T) {
	t.Parallel()
	s := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("the request arrived") })
	port := s.Listener.Addr().(*net.TCPAddr).AddrPort().Port()
	everything := []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}
	for _, deny := range []string{"127.0.0.1", "0.0.0.0", "::"} {
		c := &egress.Client{AllowNetworks: everything, Deny: []netip.AddrPort{netip.AddrPortFrom(netip.MustParseAddr(deny), port)}}
		t.Cleanup(c.Close)
		for _, name := range []string{"127.0.0.1", "0.0.0.0"} {
			url := strings.Replace(s.URL, "127.0.0.1", name, 1)
			f := mustFail(t, c, get(url, url), host.EgressRefused)
			if f.Rule != egress.RuleOwn || f.Network != "" || f.Origin != "" {
				t.Errorf("deny %s: %s failed with %+v, want rule %q", deny, url, *f, egress.RuleOwn)
			}
		}
	}
}

func TestAnUnspecifiedListenAddressStandsForAllOfThisMachine(t *testing.T) {
	t.Parallel()
	locals, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	c := &egress.Client{
		AllowNetworks: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")},
		Deny:          []netip.AddrPort{netip.MustParseAddrPort("[::]:8080")},
	}
	for _, local := range locals {
		addr := netip.MustParsePrefix(local.String()).Addr()
		for port, want := range map[string]string{"8080": egress.RuleOwn, "8081": ""} {
			x := c.Explain(t.Context(), public, "http://"+net.JoinHostPort(addr.String(), port))
			if x.Rule != want {
				t.Errorf("%s port %s: rule %q, want %q", addr, port, x.Rule, want)
			}
		}
	}
	if x := c.Explain(t.Context(), public, "http://8.8.8.8:8080"); !x.Allowed {
		t.Errorf("another machine at the same port: %+v, want it allowed", x)
	}
}

func TestNamesAreCheckedByWhatTheyResolveTo(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("hello")) })
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	resolver, _ := names(t, map[string][]string{
		"intranet.test": {"10.0.0.5"},
		"two.test":      {"10.0.0.5 127.0.0.1"},
		"both.test":     {"10.0.0.5 192.168.0.1"},
		"meta.test":     {"169.254.169.254"},
		"mapped.test":   {"::ffff:10.0.0.5"},
		"nat64.test":    {"64:ff9b::a9fe:a9fe"},
		"here.test":     {"127.0.0.1"},
	})
	c := open(t)
	c.Resolver = resolver
	for _, tt := range []struct{ name, rule, network string }{
		{"intranet.test", "private address", "10.0.0.5/32"},
		{"both.test", "private address", ""},
		{"meta.test", egress.RuleMetadata, "169.254.169.254/32"},
		{"mapped.test", "private address", "10.0.0.5/32"},
		{"nat64.test", "NAT64 address", "64:ff9b::a9fe:a9fe/128"},
		{"two.test", "", ""},
		{"here.test", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			url := "http://" + tt.name + ":" + port
			if tt.rule == "" {
				if got := mustSend(t, c, get(url, url)); string(got.Body) != "hello" {
					t.Errorf("body %q", got.Body)
				}
				return
			}
			f := mustFail(t, c, get(url, url), host.EgressRefused)
			if f.Rule != tt.rule || tt.network != "" && f.Network != tt.network {
				t.Errorf("failed with %+v, want rule %q, network %q", *f, tt.rule, tt.network)
			}
			if strings.Contains(f.Message, "10.0.0.5") || !strings.Contains(f.Message, "resolves to a "+tt.rule) {
				t.Errorf("message %q, want the rule without the address", f.Message)
			}
		})
	}
}

func TestANameThatChangesBetweenLookUpsIsCheckedEachTime(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Connection", "close") })
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	url := "http://rebind.test:" + port
	resolver, zone := names(t, map[string][]string{"rebind.test": {"127.0.0.1", "127.0.0.1", "10.0.0.5"}})
	c := open(t)
	c.Resolver = resolver
	if x := c.Explain(t.Context(), host.Egress{Allow: []string{url}}, url); !x.Allowed {
		t.Fatalf("the first look-up is refused: %+v", x)
	}
	mustSend(t, c, get(url, url))
	if f := mustFail(t, c, get(url, url), host.EgressRefused); f.Rule != "private address" {
		t.Errorf("failed with %+v, want rule private address", *f)
	}
	if zone.mu.Lock(); zone.asked["rebind.test."] != 3 {
		t.Errorf("the name was looked up %d times, want 3: once for each connection and the explanation", zone.asked["rebind.test."])
	}
	zone.mu.Unlock()
}
