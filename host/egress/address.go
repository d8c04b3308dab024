package egress

import (
	"net"
	"net/netip"
	"slices"
)

// The rules that refuse an address, as they stand in Rule of a failure. An
// operator can lift all but RuleOwn.
const (
	RuleOwn      = "listen address of this host"
	RuleMetadata = "cloud metadata address"
)

// special lists what is not public, most specific first where two overlap:
// IANA's special-purpose registries, and what reaches IPv4 by way of IPv6.
var special = []struct {
	network netip.Prefix
	rule    string
}{
	{netip.MustParsePrefix("0.0.0.0/8"), "unspecified address"},
	{netip.MustParsePrefix("10.0.0.0/8"), "private address"},
	{netip.MustParsePrefix("100.64.0.0/10"), "carrier-grade NAT address"},
	{netip.MustParsePrefix("127.0.0.0/8"), "loopback address"},
	{netip.MustParsePrefix("169.254.0.0/16"), "link-local address"},
	{netip.MustParsePrefix("172.16.0.0/12"), "private address"},
	{netip.MustParsePrefix("192.0.0.0/24"), "protocol assignment address"},
	{netip.MustParsePrefix("192.0.2.0/24"), "documentation address"},
	{netip.MustParsePrefix("192.88.99.0/24"), "6to4 relay address"},
	{netip.MustParsePrefix("192.168.0.0/16"), "private address"},
	{netip.MustParsePrefix("198.18.0.0/15"), "benchmarking address"},
	{netip.MustParsePrefix("198.51.100.0/24"), "documentation address"},
	{netip.MustParsePrefix("203.0.113.0/24"), "documentation address"},
	{netip.MustParsePrefix("224.0.0.0/4"), "multicast address"},
	{netip.MustParsePrefix("255.255.255.255/32"), "broadcast address"},
	{netip.MustParsePrefix("240.0.0.0/4"), "reserved address"},

	{netip.MustParsePrefix("::/128"), "unspecified address"},
	{netip.MustParsePrefix("::1/128"), "loopback address"},
	{netip.MustParsePrefix("::ffff:0:0/96"), "IPv4-mapped address"},
	{netip.MustParsePrefix("::ffff:0:0:0/96"), "IPv4-translated address"},
	{netip.MustParsePrefix("::/96"), "IPv4-compatible address"},
	{netip.MustParsePrefix("64:ff9b::/96"), "NAT64 address"},
	{netip.MustParsePrefix("64:ff9b:1::/48"), "NAT64 address"},
	{netip.MustParsePrefix("100::/64"), "discard-only address"},
	{netip.MustParsePrefix("100:0:0:1::/64"), "dummy address"},
	{netip.MustParsePrefix("2001::/32"), "Teredo address"},
	{netip.MustParsePrefix("2001:2::/48"), "benchmarking address"},
	{netip.MustParsePrefix("2001:10::/28"), "ORCHID address"},
	{netip.MustParsePrefix("2001:20::/28"), "ORCHID address"},
	{netip.MustParsePrefix("2001:db8::/32"), "documentation address"},
	{netip.MustParsePrefix("2001::/23"), "protocol assignment address"},
	{netip.MustParsePrefix("2002::/16"), "6to4 address"},
	{netip.MustParsePrefix("3fff::/20"), "documentation address"},
	{netip.MustParsePrefix("5f00::/16"), "segment routing address"},
	{netip.MustParsePrefix("fc00::/7"), "unique local address"},
	{netip.MustParsePrefix("fe80::/10"), "link-local address"},
	{netip.MustParsePrefix("fec0::/10"), "site-local address"},
	{netip.MustParsePrefix("ff00::/8"), "multicast address"},
}

// globalIPv6 is all that IANA has given out for global unicast.
var globalIPv6 = netip.MustParsePrefix("2000::/3")

// metadata lists the addresses at which clouds give a machine its credentials.
var metadata = []netip.Addr{
	netip.MustParseAddr("169.254.169.254"), // AWS, Azure, Google and most others
	netip.MustParseAddr("169.254.170.2"),   // AWS ECS
	netip.MustParseAddr("169.254.170.23"),  // AWS EKS
	netip.MustParseAddr("169.254.42.42"),   // Scaleway
	netip.MustParseAddr("100.100.100.200"), // Alibaba
	netip.MustParseAddr("168.63.129.16"),   // Azure's wire server, in a public range
	netip.MustParseAddr("192.0.0.192"),     // Oracle
	netip.MustParseAddr("fd00:ec2::254"),   // AWS
	netip.MustParseAddr("fd00:ec2::23"),    // AWS EKS
	netip.MustParseAddr("fd20:ce::254"),    // Google
	netip.MustParseAddr("fd00:42::42"),     // Scaleway
}

// verdict is the decision on an address. An empty rule allows it.
type verdict struct {
	rule    string
	network string // what the operator would have to allow; empty: nothing helps
	by      string // what lets it pass: "public address" or the allowed network
}

// refusal is a connection that was not made.
type refusal struct{ verdict }

func (r *refusal) Error() string { return r.rule }

// judge gives the verdict on one address. An address that wraps an IPv4
// address passes only if both pass.
func (c *Client) judge(at netip.AddrPort) verdict {
	addr := at.Addr()
	if addr.Zone() != "" {
		return verdict{rule: "address with a zone"}
	}
	if c.own(at) {
		return verdict{rule: RuleOwn}
	}
	v := c.judgeAddr(addr)
	if inner, ok := wrapped(addr); ok && v.rule == "" {
		return c.judge(netip.AddrPortFrom(inner, at.Port()))
	}
	return v
}

func (c *Client) judgeAddr(addr netip.Addr) verdict {
	single := netip.PrefixFrom(addr, addr.BitLen())
	if slices.Contains(metadata, addr) {
		if slices.Contains(c.networks(), single) {
			return verdict{by: "network " + single.String()}
		}
		return verdict{rule: RuleMetadata, network: single.String()}
	}
	rule := classify(addr)
	if rule == "" {
		return verdict{by: "public address"}
	}
	for _, network := range c.networks() {
		if network.Contains(addr) {
			return verdict{by: "network " + network.String()}
		}
	}
	return verdict{rule: rule, network: single.String()}
}

// classify names the special range of addr; empty is a public address.
func classify(addr netip.Addr) string {
	for _, s := range special {
		if s.network.Contains(addr) {
			return s.rule
		}
	}
	if addr.Is6() && !globalIPv6.Contains(addr) {
		return "reserved address"
	}
	return ""
}

// wrapped returns the IPv4 address that an IPv6 address leads to.
func wrapped(addr netip.Addr) (netip.Addr, bool) {
	if !addr.Is6() {
		return netip.Addr{}, false
	}
	b := addr.As16()
	four := func(from int) (netip.Addr, bool) {
		return netip.AddrFrom4([4]byte(b[from : from+4])), true
	}
	switch classify(addr) {
	case "IPv4-mapped address", "IPv4-translated address", "IPv4-compatible address", "NAT64 address":
		return four(12)
	case "6to4 address":
		return four(2)
	case "Teredo address":
		for i := 12; i < 16; i++ {
			b[i] = ^b[i] // Teredo keeps the client's address inverted
		}
		return four(12)
	}
	return netip.Addr{}, false
}

// own reports whether the host itself listens there.
func (c *Client) own(at netip.AddrPort) bool {
	addr := at.Addr().Unmap()
	for _, deny := range c.Deny {
		if deny.Port() != at.Port() {
			continue
		}
		listens := deny.Addr().Unmap()
		if listens == addr || addr.IsUnspecified() {
			return true
		}
		if listens.IsUnspecified() && isLocal(addr) {
			return true
		}
	}
	return false
}

// isLocal reports whether addr is one of this machine's. If that can't
// be determined, it counts as local.
func isLocal(addr netip.Addr) bool {
	if addr.IsLoopback() {
		return true
	}
	locals, err := net.InterfaceAddrs()
	if err != nil {
		return true
	}
	for _, local := range locals {
		if prefix, err := netip.ParsePrefix(local.String()); err == nil && prefix.Addr().Unmap() == addr {
			return true
		}
	}
	return false
}
