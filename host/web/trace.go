package web

import (
	"net/http"
	"strings"
)

const (
	traceparentBytes    = len("00-0123456789abcdef0123456789abcdef-0123456789abcdef-00")
	maxTraceparentBytes = 256 // of a version that is not known yet
)

// Traceparent returns the W3C trace context in a request's header, "" for none and for
// one that is not valid: no request is refused for that.
func Traceparent(header http.Header) string {
	values := header["Traceparent"]
	if len(values) != 1 || !ValidTraceparent(values[0]) {
		return ""
	}
	return values[0]
}

// ValidTraceparent reports whether s is a W3C trace context, as the header traceparent
// has it.
func ValidTraceparent(s string) bool {
	if len(s) < traceparentBytes || len(s) > maxTraceparentBytes {
		return false
	}
	version, trace, span, flags := s[0:2], s[3:35], s[36:52], s[53:55]
	if s[2] != '-' || s[35] != '-' || s[52] != '-' || version == "ff" {
		return false
	}
	if len(s) > traceparentBytes && (version == "00" || s[traceparentBytes] != '-') {
		return false
	}
	return isHex(version) && isHex(flags) && isHex(trace) && isHex(span) &&
		strings.Trim(trace, "0") != "" && strings.Trim(span, "0") != ""
}

func isHex(s string) bool {
	for i := range len(s) {
		if (s[i] < '0' || s[i] > '9') && (s[i] < 'a' || s[i] > 'f') {
			return false
		}
	}
	return true
}
