package jsbuild

import "strings"

// called is what it means that top-level code calls a function of the host.
var called = map[string]string{
	"http_start":  "it sends a request",
	"http_wait":   "it sends a request",
	"http_cancel": "it sends a request",
	"log_write":   "it logs",
	"clock_sleep": "it waits for time to pass",
	"crypto_call": "it uses cryptography that the host does",
	"error_set":   "it sets a timer, a tick or a promise going that fails",
}

// reasonOf tells in an author's words what spoilt an image; see
// [sandbox.Session.Taint].
func reasonOf(spoilt string) string {
	function, calls := strings.CutPrefix(spoilt, "it calls ")
	if reason, known := called[function]; calls && known {
		return reason
	}
	return spoilt
}
