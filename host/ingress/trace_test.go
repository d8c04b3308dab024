package ingress_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/usherhost/usher/host/ingress"
)

func TestServerKeepsTraceparent(t *testing.T) {
	t.Parallel()
	other := strings.Replace(trace, "0af7", "1bf7", 1)
	for _, tt := range []struct {
		name   string
		header string
		event  string // a CloudEvent's traceparent
		want   string
	}{
		{name: "valid", header: trace, want: trace},
		{name: "none"},
		{name: "an unknown version with more", header: "01" + trace[2:] + "-x", want: "01" + trace[2:] + "-x"},
		{name: "version 00 with more", header: trace + "-x"},
		{name: "version ff", header: "ff" + trace[2:]},
		{name: "upper case", header: strings.ToUpper(trace)},
		{name: "no trace", header: "00-00000000000000000000000000000000-b7ad6b7169203331-01"},
		{name: "no span", header: "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01"},
		{name: "not hexadecimal", header: strings.Replace(trace, "0af7", "0ag7", 1)},
		{name: "wrong separators", header: strings.ReplaceAll(trace, "-", "_")},
		{name: "too short", header: trace[:54]},
		{name: "endless", header: "01" + trace[2:] + "-" + strings.Repeat("x", 300)},
		{name: "of the CloudEvent", header: trace, event: other, want: other},
		{name: "of a CloudEvent, not valid", header: trace, event: "x", want: trace},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			store := &memory{}
			r := request(path, ada, "Traceparent: "+tt.header)
			if tt.event != "" {
				r = request(path, structured("1", ada, `"traceparent":"`+tt.event+`",`),
					"Traceparent: "+tt.header, "Content-Type: application/cloudevents+json")
			}
			if w := serve(t, &ingress.Server{Store: store})(r); w.Code != http.StatusAccepted {
				t.Fatalf("answered %d %s, want 202", w.Code, w.Body)
			}
			if got := store.events[0].Traceparent; got != tt.want {
				t.Errorf("kept %q, want %q", got, tt.want)
			}
		})
	}
}
