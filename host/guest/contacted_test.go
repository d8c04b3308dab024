package guest_test

import (
	"context"
	"maps"
	"testing"

	"github.com/usherhost/usher/host"
)

// contacting answers every request, and reports that it contacted origins.
func contacting(origins ...string) *sender {
	return &sender{send: func(_ context.Context, r *host.HTTPRequest) (*host.HTTPResponse, *host.EgressFailure) {
		for _, origin := range origins {
			r.Contacted(origin)
		}
		return ok(r)
	}}
}

func TestAResultHasTheContactedOrigins(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		world *sender
		want  map[string]int64
	}{
		{"none", contacting(), nil},
		{"each with its requests", contacting("https://a.example", "https://b.example"), map[string]int64{"https://a.example": 3, "https://b.example": 3}},
		{"a secret's value masked", contacting("https://hunter2.example"), map[string]int64{"https://[secret PASSWORD].example": 3}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			request := map[string]string{"url": "https://a.example/"}
			s := newStage(t, tt.world, call("http_send", request), start("https://a.example/"), start("https://a.example/"), wait(-1), wait(-1))
			s.Runner.Secrets = secrets{"PASSWORD": "hunter2"}
			result, _, _ := s.run(t, host.Settings{})
			if !result.Succeeded || !maps.Equal(result.Contacted, tt.want) {
				t.Errorf("contacted %v, want %v; error %+v", result.Contacted, tt.want, result.Error)
			}
		})
	}
}

// secrets are the same for every action.
type secrets map[string]string

func (s secrets) Secrets(context.Context, string) (map[string]string, error) { return s, nil }
