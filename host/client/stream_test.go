package client_test

import (
	"io"
	"strings"
	"testing"

	"github.com/usherhost/usher/host/client"
)

// FuzzStream reads whatever a server may send. Cut into pieces it reads the
// same.
func FuzzStream(f *testing.F) {
	for _, text := range []string{
		"id: 1\nevent: result\ndata: {}\n\n", "data\n\n", ":\n\n", "data: a\ndata:b\r\n\r\n", "retry: 5\nid\n\n", "id: \x00\ndata: x\n\n", "data: cut off",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		whole := events(t, strings.NewReader(text))
		pieces := events(t, io.MultiReader(oneByOne(text)...))
		if strings.Join(whole, "\x01") != strings.Join(pieces, "\x01") {
			t.Errorf("%q reads as %q, in pieces as %q", text, whole, pieces)
		}
		if n := len(whole) - 1; strings.Count(text, "\n") < n {
			t.Errorf("%q has %d events", text, n)
		}
	})
}

func oneByOne(text string) (parts []io.Reader) {
	for i := range len(text) {
		parts = append(parts, strings.NewReader(text[i:i+1]))
	}
	return parts
}

func events(t *testing.T, r io.Reader) []string {
	t.Helper()
	found, err := client.ReadEvents(r)
	if err != nil {
		t.Fatal(err)
	}
	return found
}
