package settings

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// ParseURL returns the URL of a host in one spelling. People write it as they write
// it elsewhere: without a scheme it is http on this machine and https elsewhere, and
// a slash or /v1 at the end is left out.
func ParseURL(written string) (string, error) {
	address := strings.TrimSpace(written)
	if port, found := strings.CutPrefix(address, ":"); found {
		address = "127.0.0.1:" + port
	}
	if !strings.Contains(address, "://") {
		address = defaultScheme(address) + address
	}
	u, err := url.Parse(address)
	shown := strconv.Quote(written)
	if strings.Contains(written, "@") {
		shown = "the value" // it may have a password
	}
	switch {
	case err != nil || u.Hostname() == "" || strings.Count(u.Host, ":") > 1 && !strings.HasPrefix(u.Host, "[") || isNumber(u.Hostname()):
		return "", fmt.Errorf("%s is not a URL such as http://127.0.0.1:8080 or https://usher.example.com", shown)
	case u.Scheme != "http" && u.Scheme != "https":
		return "", fmt.Errorf("%s is not a URL that begins with http:// or https://", shown)
	case u.User != nil:
		return "", errors.New("the URL has a user; the API key is given with --key or USHER_API_KEY")
	case u.RawQuery != "" || u.Fragment != "":
		return "", fmt.Errorf("%s has more than the host's address: write it without ? and #", shown)
	}
	u.Host = strings.ToLower(u.Host)
	u.Path = strings.TrimRight(u.Path, "/")
	u.Path = strings.TrimRight(strings.TrimSuffix(u.Path, "/v1"), "/")
	return u.String(), nil
}

func isNumber(name string) bool { return strings.Trim(name, "0123456789") == "" }

// defaultScheme is the scheme of an address that has none.
func defaultScheme(address string) string {
	u, err := url.Parse("http://" + address)
	if err == nil && Loopback(u.Hostname()) {
		return "http://"
	}
	return "https://"
}

// Loopback reports whether a host's name or address is this machine's.
func Loopback(name string) bool {
	ip, err := netip.ParseAddr(name)
	return name == "localhost" || strings.HasSuffix(name, ".localhost") || err == nil && (ip.IsLoopback() || ip.IsUnspecified())
}

func checkURL(c *Config) (err error) {
	c.URL, err = ParseURL(c.URL)
	return err
}
