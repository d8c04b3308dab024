package egress_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/egress"
)

func TestParseOriginReadsWhatPeopleWrite(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"hooks.slack.com":              "https://hooks.slack.com",
		"Hooks.Slack.COM":              "https://hooks.slack.com",
		"HTTPS://hooks.slack.com":      "https://hooks.slack.com",
		"https://hooks.slack.com:443":  "https://hooks.slack.com",
		"hooks.slack.com:8443":         "https://hooks.slack.com:8443",
		"http://hooks.slack.com":       "http://hooks.slack.com",
		"http://hooks.slack.com:80":    "http://hooks.slack.com",
		"http://hooks.slack.com:443":   "http://hooks.slack.com:443",
		"http://127.0.0.1:8080":        "http://127.0.0.1:8080",
		"10.1.2.3":                     "https://10.1.2.3",
		"http://[::1]:8080":            "http://[::1]:8080",
		"[2606:4700:0:0::1111]":        "https://[2606:4700::1111]",
		"https://[2606:4700::1111]:80": "https://[2606:4700::1111]:80",
		"*.example.com":                "https://*.example.com",
		"https://*.example.com:8443":   "https://*.example.com:8443",
		"http://receiver":              "http://receiver",
		"http://my_service.local:8080": "http://my_service.local:8080",
		"bücher.example":               "https://xn--bcher-kva.example",
		"xn--bcher-kva.example":        "https://xn--bcher-kva.example",
		"https://*.bücher.example":     "https://*.xn--bcher-kva.example",
	} {
		got, err := egress.ParseOrigin(in)
		if err != nil {
			t.Errorf("ParseOrigin(%q): %v", in, err)
			continue
		}
		if got.String() != want {
			t.Errorf("ParseOrigin(%q) = %s, want %s", in, got, want)
		}
	}
}

func TestParseOriginRefusesWhatIsNoOrigin(t *testing.T) {
	t.Parallel()
	for in, part := range map[string]string{
		"":                                "host is missing",
		"*":                               `mode to "public"`,
		"https://*":                       `mode to "public"`,
		"https://":                        "host is missing",
		"ftp://example.com":               "http or https",
		"://example.com":                  "http or https",
		"https://example.com/":            "path",
		"https://example.com/hook":        "path",
		"example.com?x":                   "path",
		"example.com#x":                   "path",
		"https://me@example.com":          "user",
		"https://me:pw@example.com":       "user",
		"https://*.*.example.com":         "star",
		"https://a.*.example.com":         "star",
		"https://a*.example.com":          "character",
		"https://*example.com":            "character",
		"https://*.com":                   "two labels",
		"https://*.127.0.0.1":             "star",
		"https://*.[::1]":                 "star",
		"example.com:":                    "port",
		"example.com:0":                   "port",
		"example.com:00443":               "port",
		"example.com:+443":                "port",
		"example.com:65536":               "port",
		"example.com:https":               "port",
		"example.com:*":                   "port",
		"example.com.":                    "dot",
		".example.com":                    "empty label",
		"a..example.com":                  "empty label",
		"-a.example.com":                  "hyphen",
		"exa mple.com":                    "character",
		" example.com":                    "character",
		"example.com\n":                   "character",
		"example.com\x00":                 "character",
		"example\\.com":                   "character",
		"exa%6dple.com":                   "character",
		"2130706433":                      "four decimal",
		"0x7f000001":                      "four decimal",
		"0x7f.0.0.1":                      "four decimal",
		"0177.0.0.1":                      "four decimal",
		"127.1":                           "four decimal",
		"127.0.0.01":                      "four decimal",
		"127.0.0.256":                     "four decimal",
		"127.0.0.0x":                      "four decimal",
		"127。0。0。1":                       "four decimal",
		"１２７.0.0.1":                       "four decimal",
		"::1":                             "brackets",
		"http://[::1":                     "malformed",
		"[::1]x":                          "malformed",
		"[127.0.0.1]":                     "malformed",
		"[fe80::1%eth0]":                  "zone",
		"[fe80::1%25eth0]":                "zone",
		"[::ffff:127.0.0.1]":              "IPv4: 127.0.0.1",
		"xn--a.example":                   "international",
		"a\u202eb.example":                "international",
		strings.Repeat("a", 64) + ".com":  "63",
		strings.Repeat("a.", 130) + "com": "253",
		strings.Repeat("a", 400):          "too long",
	} {
		got, err := egress.ParseOrigin(in)
		var e *host.Error
		if !errors.As(err, &e) || e.Code != host.Invalid || e.Hint == "" {
			t.Errorf("ParseOrigin(%q) = %s, %v; want an Invalid error with a hint", in, got, err)
			continue
		}
		if !strings.Contains(e.Text, part) {
			t.Errorf("ParseOrigin(%q): %q lacks %q", in, e.Text, part)
		}
	}
}

func TestAllowedHostsCoverTheirOriginAlone(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		allow, url string
		allowed    bool
	}{
		{"hooks.slack.com", "https://hooks.slack.com/services/T/B/x?y=z", true},
		{"hooks.slack.com", "HTTPS://HOOKS.Slack.com:443/", true},
		{"hooks.slack.com", "http://hooks.slack.com/", false},
		{"hooks.slack.com", "https://hooks.slack.com:8443/", false},
		{"hooks.slack.com", "https://slack.com/", false},
		{"hooks.slack.com", "https://evil-hooks.slack.com/", false},
		{"hooks.slack.com", "https://a.hooks.slack.com/", false},
		{"hooks.slack.com", "https://hooks.slack.com.evil.example/", false},
		{"https://*.example.com", "https://a.example.com/", true},
		{"https://*.example.com", "https://a.b.example.com/", true},
		{"https://*.example.com", "https://example.com/", false},
		{"https://*.example.com", "https://evilexample.com/", false},
		{"https://*.example.com", "http://a.example.com/", false},
		{"https://*.example.com", "https://a.example.com:444/", false},
		{"https://*.example.com", "https://a.example.com.evil.example/", false},
		{"http://[2606:4700:0::1]", "http://[2606:4700::1]/", true},
		{"bücher.example", "https://BÜCHER.example/", true},
		{"not an origin", "https://example.com/", false},
		{"", "https://example.com/", false},
	} {
		_, failure := egress.Check(host.Egress{Allow: []string{tt.allow}}, tt.url)
		if allowed := failure == nil; allowed != tt.allowed {
			t.Errorf("with %q allowed, Check(%q) is %t (%v), want %t", tt.allow, tt.url, allowed, failure, tt.allowed)
		}
	}
}

func TestRefusalNamesTheRuleAndWhatIsAllowed(t *testing.T) {
	t.Parallel()
	many := make([]string, 20)
	for i := range many {
		many[i] = string(rune('a'+i)) + ".example"
	}
	for _, tt := range []struct {
		egress host.Egress
		url    string
		want   host.EgressFailure
	}{
		{host.Egress{Allow: []string{"hooks.slack.com"}}, "https://evil.example/?token=s", host.EgressFailure{
			Rule: egress.RuleNotAllowed, Origin: "https://evil.example",
			Message: "https://evil.example is not in the allowed hosts (allowed: https://hooks.slack.com)",
		}},
		{host.Egress{}, "http://evil.example:81/", host.EgressFailure{
			Rule: egress.RuleNotAllowed, Origin: "http://evil.example:81",
			Message: "http://evil.example:81 is not in the allowed hosts (none is allowed)",
		}},
		{host.Egress{Allow: many}, "https://evil.example/", host.EgressFailure{
			Rule: egress.RuleNotAllowed, Origin: "https://evil.example",
			Message: "https://evil.example is not in the allowed hosts (allowed: https://a.example, https://b.example, " +
				"https://c.example, https://d.example, https://e.example, https://f.example, https://g.example, https://h.example, 12 more)",
		}},
		{host.Egress{Mode: host.EgressPublic}, "http://mail.example:25/", host.EgressFailure{
			Rule: egress.RulePort, Origin: "http://mail.example:25",
			Message: "http://mail.example:25 has the port of a protocol other than HTTP; mode public reaches 80, 443 and those from 1024 (add it to the allowed hosts)",
		}},
	} {
		_, failure := egress.Check(tt.egress, tt.url)
		tt.want.Code = host.EgressRefused
		if failure == nil || *failure != tt.want {
			t.Errorf("Check(%q) = %+v, want %+v", tt.url, failure, tt.want)
		}
	}
}

func TestPublicModeReachesAnyOriginOnPortsOfHTTP(t *testing.T) {
	t.Parallel()
	public := host.Egress{Mode: host.EgressPublic, Allow: []string{"https://smtp.example:465"}}
	for url, allowed := range map[string]bool{
		"https://any.example/":      true,
		"http://any.example/":       true,
		"http://any.example:8080/":  true,
		"https://any.example:22/":   false,
		"https://any.example:465/":  false,
		"https://smtp.example:465/": true,
	} {
		if _, failure := egress.Check(public, url); (failure == nil) != allowed {
			t.Errorf("in mode public Check(%q) = %v, want allowed %t", url, failure, allowed)
		}
	}
}

func TestWeirdURLsAreRefused(t *testing.T) {
	t.Parallel()
	public := host.Egress{Mode: host.EgressPublic, Allow: []string{"good.example"}}
	for _, url := range []string{
		"", "good.example", "//good.example/", "/path", "ftp://good.example/", "file:///etc/passwd", "gopher://good.example/",
		"https:good.example", "https:/good.example", "https:///good.example", "https://", "https:\\\\good.example",
		" https://good.example/", "https://good.example/\n", "https://good.example/\x00", "ht\ttps://good.example/",
		"https://user@good.example/", "https://user:pw@good.example/", "https://good.example@evil.example/", "https://@good.example/",
		"https://evil.example\\@good.example/", "https://good.example\\.evil.example/", "https://good.example/\\evil.example",
		"https://good.example%00.evil.example/", "https://good%2eexample/", "https://good.example%2f@evil.example/", "https://good.example%09/",
		"https://good.example./", "https://good.example:/", "https://good.example:0/", "https://good.example:65536/", "https://good.example:0443/", "https://good.example:443:443/",
		"https://2130706433/", "https://0x7f000001/", "https://0X7F.1/", "https://017700000001/", "https://0177.0.0.1/", "https://127.1/", "https://127.0.0.1./",
		"https://127.0.0.1.0/", "https://①②⑦.⓪.⓪.①/", "https://127。0。0。1/",
		"https://[::ffff:127.0.0.1]/", "https://[::ffff:7f00:1]/", "https://[fe80::1%25eth0]/", "https://[fe80::1%eth0]/", "https://[::1/", "https://::1/", "https://[127.0.0.1]/",
		"https://good_.-example/", "https://gооd..example/", "https://good.example/" + strings.Repeat("a", egress.MaxURLBytes),
	} {
		o, failure := egress.Check(public, url)
		if failure == nil || failure.Code != host.EgressInvalid {
			t.Errorf("Check(%q) = %s, %+v; want it invalid", url, o, failure)
		}
	}
}

func TestInvalidURLMessageHidesSecrets(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"https://user:hunter2@good.example/", "https://good.example./hunter2", "https://good.example:0?k=hunter2", "user:hunter2@good.example",
	} {
		_, failure := egress.Check(host.Egress{}, url)
		if failure == nil || strings.Contains(failure.Message, "hunter2") {
			t.Errorf("Check(%q) = %+v, want a message without the secret", url, failure)
		}
	}
}

func TestIPLookalikeNamesAreNames(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"https://127.0.0.1.nip.io/", "https://0x7f.example/", "https://1.2.3.4.example/", "https://7f000001.0xg/"} {
		if _, failure := egress.Check(host.Egress{Mode: host.EgressPublic}, url); failure != nil {
			t.Errorf("Check(%q) = %+v, want it left to the address check", url, failure)
		}
	}
}
