package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/usherhost/usher/sdk/go/ushertest"
)

func TestDisposableAddressesAreRefused(t *testing.T) {
	t.Parallel()
	for email, refused := range map[string]bool{
		"ada@example.com":                 false,
		"ada@mailinator.example":          true,
		"Ada+news@Mailinator.Example":     true,
		"ada@mailinator.example.":         true,
		"ada@eu.mailinator.example":       true,
		`"ada@home"@mailinator.example`:   true,
		"ada@notmailinator.example":       false,
		"ada@mailinator.example.evil.org": false,
		"ada@bücher.example":              false,
		"ada@":                            false,
		"ada":                             false,
		"":                                false,
	} {
		t.Run(email, func(t *testing.T) {
			t.Parallel()
			got := ushertest.Run(&ushertest.Host{}, fmt.Sprintf(`{"user": {"email": %q}}`, email), check)
			denied := len(got.Commands) == 1 && got.Commands[0].Type == "access.deny"
			if got.Error != "" || denied != refused {
				t.Errorf("error %q, commands %+v; want refused %v", got.Error, got.Commands, refused)
			}
		})
	}
}

func TestACompanyHasOneSpelling(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, metadata, want string }{
		{"spaces are single", `{"company": "  Acme\t Ltd "}`, `"Acme Ltd"`},
		{"an empty name is removed", `{"company": " "}`, "null"},
		{"another value is refused", `{"company": ["Acme"]}`, "The company must be a name."},
		{"a long name is refused", `{"company": "` + strings.Repeat("ö", 81) + `"}`, "The company's name is too long."},
		{"no company stays none", `{"team": "a"}`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := ushertest.Run(&ushertest.Host{}, `{"user": {"phone_number": "+12065550123", "user_metadata": `+tt.metadata+`}}`, check)
			if got.Error != "" || outcome(got.Commands) != tt.want {
				t.Errorf("error %q, commands %+v; want %s", got.Error, got.Commands, tt.want)
			}
		})
	}
}

// outcome returns the one command's value or message.
func outcome(commands []ushertest.Command) string {
	if len(commands) != 1 {
		return ""
	}
	return string(commands[0].Value) + commands[0].Message
}
