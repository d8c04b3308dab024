package main

import (
	"testing"

	"github.com/usherhost/usher/host"
)

func TestAPublicURLHasASchemeAndAHost(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"https://usher.example.com", "http://10.0.0.1:8080/"} {
		if u, err := publicURL(text); err != nil || u.Host == "" {
			t.Errorf("%s is %v, %v", text, u, err)
		}
	}
	for _, text := range []string{"usher.example.com", "usher.example.com:443", "https://", "ftp://usher.example.com", "://"} {
		if u, err := publicURL(text); host.CodeOf(err) != host.Invalid {
			t.Errorf("%s is %v, %v", text, u, err)
		}
	}
	if u, err := publicURL(""); u != nil || err != nil {
		t.Errorf("without one it is %v, %v", u, err)
	}
}
