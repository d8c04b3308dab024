package settings_test

import (
	"testing"

	"github.com/usherhost/usher/host/settings"
)

func TestURLsAreTakenAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	for written, want := range map[string]string{
		"http://127.0.0.1:8080":          "http://127.0.0.1:8080",
		"127.0.0.1:8080":                 "http://127.0.0.1:8080",
		" localhost:8080/ ":              "http://localhost:8080",
		"localhost":                      "http://localhost",
		":8080":                          "http://127.0.0.1:8080",
		"[::1]:8080":                     "http://[::1]:8080",
		"0.0.0.0:8080":                   "http://0.0.0.0:8080",
		"usher.example.com":              "https://usher.example.com",
		"usher.example.com:8443/a/":      "https://usher.example.com:8443/a",
		"HTTPS://Usher.Example.com/v1/":  "https://usher.example.com",
		"http://usher.example.com/a/v1/": "http://usher.example.com/a",
		"10.0.0.1:8080":                  "https://10.0.0.1:8080",
		"":                               "",
		"8080":                           "",
		"::1:8080":                       "",
		"http:///v1":                     "",
		"ftp://usher.example.com":        "",
		"unix:///run/usher.sock":         "",
		"https://me:secret@example.com":  "",
		"https://example.com/?key=a":     "",
		"http://exa mple.com":            "",
	} {
		got, err := settings.ParseURL(written)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q is %q, %v, want %q", written, got, err, want)
		}
	}
}
