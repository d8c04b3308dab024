package egress

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"golang.org/x/net/http/httpguts"
)

// dropped headers are set by many HTTP libraries by default. The host sets what they
// mean itself.
var dropped = map[string]bool{"Connection": true, "Keep-Alive": true, "Proxy-Connection": true}

// forbidden headers change how the message is framed or who handles it.
var forbidden = map[string]bool{
	"Expect": true, "Http2-Settings": true, "Te": true, "Trailer": true, "Transfer-Encoding": true, "Upgrade": true,
}

// cleanHeader returns the header that is sent to o with a body of size bytes.
// The problem is empty when all is well.
func cleanHeader(in http.Header, o Origin, size int) (out http.Header, problem string) {
	out = http.Header{}
	count, total := 0, 0
	for name, values := range in {
		for _, value := range values {
			count++
			total += len(name) + len(value) + len(": \r\n")
			if problem := addHeader(out, name, value, o, size); problem != "" {
				return nil, problem
			}
		}
	}
	if count > MaxRequestHeaders {
		return nil, fmt.Sprintf("the request has %d headers, the limit is %d", count, MaxRequestHeaders)
	}
	if total > MaxRequestHeaderBytes {
		return nil, fmt.Sprintf("the headers have %d bytes, the limit is %d", total, MaxRequestHeaderBytes)
	}
	setDefaults(out)
	return out, ""
}

func addHeader(out http.Header, name, value string, o Origin, size int) string {
	if !httpguts.ValidHeaderFieldName(name) {
		return "header " + quote(name) + ": the name has a character that no header name has"
	}
	if !httpguts.ValidHeaderFieldValue(value) {
		return "header " + name + ": the value has a control character (CR, LF, NUL or another)"
	}
	key := http.CanonicalHeaderKey(name)
	switch {
	case dropped[key]:
		return ""
	case forbidden[key] || strings.HasPrefix(key, "Proxy-"):
		return "header " + name + ": only the host can set it"
	case key == "Host":
		return checkHostHeader(value, o)
	case key == "Content-Length":
		return checkLength(value, size)
	}
	out[key] = append(out[key], value)
	return ""
}

// checkHostHeader allows only the Host that is sent anyway. Another name could select
// a site behind the same front that the policy did not check.
func checkHostHeader(value string, o Origin) string {
	name, port, problem := splitPort(strings.TrimSpace(value), o.Scheme)
	if problem == "" {
		name, problem = parseHost(name)
	}
	if problem != "" || name != o.Host || port != o.Port {
		return "header Host: it must be the URL's own host, " + o.authority()
	}
	return ""
}

func checkLength(value string, size int) string {
	if strings.TrimSpace(value) != strconv.Itoa(size) {
		return fmt.Sprintf("header Content-Length: the body has %d bytes", size)
	}
	return ""
}

func setDefaults(h http.Header) {
	if _, found := h["User-Agent"]; !found {
		h["User-Agent"] = []string{"usher"}
	}
	// A range is one of encoded bytes, which can't be decoded by themselves.
	if h["Accept-Encoding"] == nil && h["Range"] == nil {
		h["Accept-Encoding"] = []string{"gzip, deflate, br, zstd"}
	}
}
