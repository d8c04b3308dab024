package author

import (
	"bytes"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/term"
)

func TestInspectShowsHowRunsGetTheirInstances(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name       string
		inspection host.Inspection
		says       []string
		not        []string
	}{
		{
			name:       "an image that was warmed up",
			inspection: host.Inspection{Isolation: host.IsolationReset, ImageBytes: 131072, WarmedUp: true},
			says:       []string{"reset, from an image of 128.0 KiB, warmed up"},
			not:        []string{"not better", "warning"},
		},
		{
			name:       "no image, and why",
			inspection: host.Inspection{Isolation: host.IsolationPlain, Reasons: []string{"it calls http_send"}},
			says:       []string{"isolation", "plain\n", "- not better: it calls http_send"},
			not:        []string{"image", "warning"},
		},
		{
			name:       "random bytes that every run shares",
			inspection: host.Inspection{Isolation: host.IsolationReset, ImageBytes: 65536, InitRandom: true},
			says:       []string{"warning: ", "every run begins with the same random state: set isolation: plain if that matters"},
		},
		{
			name:       "nothing of a module that does not fit",
			inspection: host.Inspection{Problems: []host.Problem{{Detail: "no entry"}}},
			says:       []string{"no entry"},
			not:        []string{"isolation", "warning"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var b bytes.Buffer
			printInspection(term.Terminal{}, &b, "a.wasm", tt.inspection)
			for _, want := range tt.says {
				if !strings.Contains(b.String(), want) {
					t.Errorf("printed %s without %q", b.String(), want)
				}
			}
			for _, word := range tt.not {
				if strings.Contains(b.String(), word) {
					t.Errorf("printed %s with %q", b.String(), word)
				}
			}
		})
	}
}
