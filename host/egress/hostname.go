package egress

import (
	"net/netip"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
)

// splitPort cuts the port off a host. The problem is empty when all is well.
func splitPort(s, scheme string) (name string, port uint16, problem string) {
	end := strings.LastIndexByte(s, ':')
	if end < 0 || end < strings.LastIndexByte(s, ']') {
		return s, defaultPort(scheme), ""
	}
	name, digits := s[:end], s[end+1:]
	if strings.Contains(name, ":") && !strings.HasPrefix(name, "[") {
		return "", 0, "an IPv6 address needs brackets"
	}
	n, err := strconv.ParseUint(digits, 10, 16)
	if err != nil || n == 0 || digits[0] == '0' || digits[0] == '+' {
		return "", 0, "the port must be a number from 1 to 65535"
	}
	return name, uint16(n), ""
}

// parseHost returns the one spelling of a host that the policy, the dialer
// and the Host header all use.
func parseHost(s string) (name, problem string) {
	if inner, found := strings.CutPrefix(s, "["); found {
		return parseIPv6(inner)
	}
	if s == "" {
		return "", "the host is missing"
	}
	name, problem = asciiName(s)
	if problem != "" {
		return "", problem
	}
	switch {
	case !endsInNumber(name):
		return name, checkName(name)
	case !isASCII(s):
		return "", notDecimal
	}
	return parseIPv4(name)
}

func parseIPv6(s string) (name, problem string) {
	s, closed := strings.CutSuffix(s, "]")
	addr, err := netip.ParseAddr(s)
	switch {
	case !closed || err != nil || !addr.Is6():
		return "", "the IPv6 address in brackets is malformed"
	case addr.Zone() != "":
		return "", "an address with a zone belongs to this machine alone"
	case addr.Is4In6():
		return "", "write the address as IPv4: " + addr.Unmap().String()
	}
	return addr.String(), ""
}

const notDecimal = "write the IP address as four decimal numbers"

// parseIPv4 knows the dotted decimal form alone: what other readers take for
// the same address (one number, octal, hexadecimal) is refused.
func parseIPv4(s string) (name, problem string) {
	addr, err := netip.ParseAddr(s)
	if err != nil {
		return "", notDecimal
	}
	return addr.String(), ""
}

// endsInNumber reports whether readers take the host for an IPv4 address.
func endsInNumber(name string) bool {
	last := name[strings.LastIndexByte(strings.TrimSuffix(name, "."), '.')+1:]
	last = strings.TrimSuffix(last, ".")
	if digits, hex := strings.CutPrefix(last, "0x"); hex {
		return strings.Trim(digits, "0123456789abcdef") == ""
	}
	return last != "" && strings.Trim(last, "0123456789") == ""
}

func asciiName(s string) (name, problem string) {
	if strings.HasSuffix(s, ".") {
		return "", "leave out the dot at the end of the host"
	}
	name = strings.ToLower(s)
	if isASCII(s) && !strings.Contains(name, "xn--") {
		return name, ""
	}
	name, err := idna.Lookup.ToASCII(name)
	if err != nil {
		return "", "the host is not a valid international domain name"
	}
	if strings.HasSuffix(name, ".") || name == "" {
		return "", "leave out the dot at the end of the host"
	}
	return name, ""
}

// checkName allows the underscore, which names inside of networks have.
func checkName(name string) string {
	if len(name) > 253 {
		return "the host is longer than 253 characters"
	}
	for label := range strings.SplitSeq(name, ".") {
		switch {
		case label == "":
			return "the host has an empty label"
		case len(label) > 63:
			return "a label of the host is longer than 63 characters"
		case label[0] == '-' || label[len(label)-1] == '-':
			return "a label of the host begins or ends with a hyphen"
		case label == "*":
			return "a star can stand only in front, for whole labels"
		case !onlyNameBytes(label):
			return "the host has a character that no host name has"
		}
	}
	return ""
}

func onlyNameBytes(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// clip shortens what is quoted in a message.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}
