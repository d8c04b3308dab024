package engine

import "strings"

// reasons describe, for authors, top-level code that called a function of the host.
var reasons = map[string]string{
	"http_start":  "it sends a request",
	"http_wait":   "it sends a request",
	"http_cancel": "it sends a request",
	"log_write":   "it logs",
	"clock_sleep": "it waits for time to pass",
	"crypto_call": "it uses cryptography that the host does",
	"error_set":   "it starts a timer, a tick or a promise that fails",
}

// reasonOf returns the reason of [sandbox.Session.Taint] in words for authors.
func reasonOf(tainted string) string {
	function, calls := strings.CutPrefix(tainted, "it calls ")
	if reason, known := reasons[function]; calls && known {
		return reason
	}
	return tainted
}
