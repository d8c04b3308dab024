package check_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
)

// handler is an action that may POST to two places.
func handler(body string) string {
	return `
const post = (event, path, more) => fetch(event.secrets.STORE_URL + path, { method: "POST", body: JSON.stringify({ id: event.user.user_id }), ...more });
const must = async (sent) => { const r = await sent; if (!r.ok) throw new Error("status " + r.status); return r; };
exports.onExecutePostUserRegistration = async (event) => {` + body + `};`
}

func TestAFaultCampaignFindsWhatAnActionDoesBadly(t *testing.T) {
	t.Parallel()
	const a, b = "POST [secret STORE_URL]/users", "POST [secret STORE_URL]/mails"
	for _, tt := range []struct {
		name   string
		body   string
		resume host.Resume
		want   []string
	}{
		{name: "one that fails when it must", body: `await must(post(event, "/users")); await must(post(event, "/mails"));`},
		{name: "at once", body: `await Promise.all([must(post(event, "/users")), must(post(event, "/mails"))]);`},
		{
			name: "without resume", resume: host.ResumeOff,
			body: `await must(post(event, "/users")); await must(post(event, "/mails"));`,
			want: []string{
				"sends twice when " + b + " gets 429: " + a + " is sent again after it had succeeded, with the same Idempotency-Key",
				"sends twice when " + b + " gets 500: " + a + " is sent again after it had succeeded, with the same Idempotency-Key",
				"sends twice when " + b + " gets a crash after it: " + b + " is sent again after it had succeeded, with the same Idempotency-Key",
				"sends twice when " + b + " gets a crash after it: " + a + " is sent again after it had succeeded, with the same Idempotency-Key",
				"sends twice when " + b + " gets a cut body: " + a + " is sent again after it had succeeded, with the same Idempotency-Key",
				"sends twice when " + b + " gets a timeout: " + a + " is sent again after it had succeeded, with the same Idempotency-Key",
				"sends twice when " + a + " gets a crash after it: " + a + " is sent again after it had succeeded, with the same Idempotency-Key",
			},
		},
		{
			name: "one that ignores the status", body: `await post(event, "/users");`,
			want: []string{
				"loses data when " + a + " gets 429: it succeeds without " + a,
				"loses data when " + a + " gets 500: it succeeds without " + a,
			},
		},
		{
			name: "one that goes on without a token", body: `const r = await fetch(event.secrets.STORE_URL + "/plan"); if (r.ok) await must(post(event, "/users"));`,
			want: []string{
				"loses data when GET [secret STORE_URL]/plan gets 429: it succeeds without " + a,
				"loses data when GET [secret STORE_URL]/plan gets 500: it succeeds without " + a,
			},
		},
		{
			name: "one that tries for ever", body: `for (;;) { try { await must(post(event, "/users")); return; } catch {} }`,
			want: []string{
				"never ends when " + a + " gets 429 every time: it goes on until its limit fuel",
				"never ends when " + a + " gets 500 every time: it goes on until its limit fuel",
				"sends twice when " + a + " gets a cut body: " + a + " is sent again in the same attempt",
				"sends twice when " + a + " gets a timeout: " + a + " is sent again in the same attempt",
			},
		},
		{
			name: "one that tries again at once", body: `try { await must(post(event, "/users")); } catch { await must(post(event, "/users")); }`,
			want: []string{
				"sends twice when " + a + " gets a cut body: " + a + " is sent again in the same attempt",
				"sends twice when " + a + " gets a timeout: " + a + " is sent again in the same attempt",
			},
		},
		{
			name: "one with a key of its own for each try", resume: host.ResumeOff,
			body: `await must(post(event, "/users", { headers: { "Idempotency-Key": crypto.randomUUID() } }));`,
			want: []string{
				"sends twice when " + a + " gets a crash after it: " + a + " is sent again, with another Idempotency-Key",
				"sends twice when " + a + " gets a cut body: " + a + " is sent again, with another Idempotency-Key",
				"sends twice when " + a + " gets a timeout: " + a + " is sent again, with another Idempotency-Key",
			},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server := newStore(t)
			module := script(t, handler(tt.body))
			r := record(t, module, map[string]string{"STORE_URL": server.URL + "/v1"}, 2, host.Settings{Resume: tt.resume})
			server.Close()
			report := r.check(module, host.CheckQuery{Faults: true})
			if report.Compared != 2 || report.Injected == 0 || len(report.Control) > 0 {
				t.Fatalf("report %+v", report)
			}
			found := map[string]bool{}
			for _, f := range report.Faults {
				found[f.Key] = true
				if f.Runs != 2 {
					t.Errorf("%s: in %d runs", f.Key, f.Runs)
				}
			}
			if got := slices.Sorted(maps.Keys(found)); !slices.Equal(got, tt.want) {
				t.Errorf("found\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
			if report.Passed != (len(tt.want) == 0) || report.Gate == "" {
				t.Errorf("passed: %t, gate: %q", report.Passed, report.Gate)
			}
		})
	}
}
