package guest_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/guests"
)

const privateKey = "-----BEGIN PRIVATE KEY-----\n" +
	"MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgevZzL1gdAFr88hb2\n" +
	"OF/2NxApJCzGCEDdfSp6VQO30hyhRANCAAQRWz+jn65BtOMvdyHKcvjBeBSDZH2r\n" +
	"-----END PRIVATE KEY-----\n"

func TestAKeyThatIsLoggedLineByLineIsNotShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.store.secrets["KEY"] = privateKey
	steps := []guests.Step{
		{Function: "stdout", Argument: privateKey},
		{Function: "stderr", Argument: strings.TrimSpace(privateKey)},
		{Function: "log_write", Argument: "\x02" + base64.StdEncoding.EncodeToString([]byte("x"+privateKey))},
		{Function: "cache_get", Argument: privateKey[40:60]},
		{Function: "error_set", Argument: strings.ReplaceAll(privateKey, "\n", `\n`)},
		{Function: "return", Argument: "\x01"},
	}
	for line := range strings.Lines(privateKey) {
		steps = append(steps[:3:3], append([]guests.Step{{Function: "log_warn", Argument: strings.TrimSpace(line)}}, steps[3:]...)...)
	}
	result, _ := w.run(t, "script", steps...)
	wantNothingOf(t, result, privateKey)
	if len(result.Logs) < 7 || result.Logs[0].Message != "[secret KEY]" {
		t.Errorf("logs %+v", result.Logs)
	}
}

func TestALineThatTheLimitCutsShowsNoPartOfASecret(t *testing.T) {
	t.Parallel()
	for limit := int64(60); limit < 110; limit += 3 {
		w := newWorld(t)
		w.settings.Limits.LogBytes = limit
		w.store.secrets["KEY"], w.store.secrets["PIN"] = privateKey, "x7-9q2"
		for _, step := range []guests.Step{
			{Function: "log_write", Argument: "\x02the key is " + privateKey[30:80] + privateKey},
			{Function: "log_write", Argument: "\x02" + strings.Repeat("x7-9q2 ", 30)},
			{Function: "stdout", Argument: "the key is " + privateKey[30:80] + privateKey[100:130] + "\n"},
		} {
			result, _ := w.run(t, "script", step)
			if !result.Succeeded || !result.LogsCut {
				t.Fatalf("logs cut %t, error %+v", result.LogsCut, result.Error)
			}
			wantNothingOf(t, result, privateKey)
			for _, part := range []string{"x7-9q", "x7-9", "x7-"} {
				if shown, _ := json.Marshal(result.Logs); strings.Contains(string(shown), part) {
					t.Errorf("limit %d shows %q: %s", limit, part, shown)
				}
			}
		}
	}
}

func TestALineThatIsBrokenShowsNoPartOfASecret(t *testing.T) {
	t.Parallel()
	for _, before := range []int{64<<10 - 3, 64<<10 - 1, 64<<10 - 6, 64<<10 - 7} {
		w := newWorld(t)
		w.store.secrets["PIN"] = "x7-9q2"
		result, _ := w.run(t, "script",
			guests.Step{Function: "stdout", Argument: strings.Repeat("a", before) + "x7-9"},
			guests.Step{Function: "stdout", Argument: "q2 and more\n"})
		var all strings.Builder
		for _, l := range result.Logs {
			all.WriteString(l.Message)
		}
		if shown := strings.TrimLeft(all.String(), "a"); shown != "[secret PIN] and more" {
			t.Errorf("after %d bytes: %q", before, shown)
		}
	}
}

func TestOutputsAreRecordedWithoutSecrets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.store.secrets["KEY"] = privateKey
	result, _ := w.run(t, "echo")
	wantNothingOf(t, string(result.Output), privateKey)
	var out struct {
		Event struct{ Secrets map[string]string }
	}
	if err := json.Unmarshal(result.Output, &out); err != nil {
		t.Fatalf("%v in %s", err, result.Output)
	}
	if got := out.Event.Secrets; got["KEY"] != "[secret KEY]" || got["TOKEN"] != "[secret TOKEN]" {
		t.Errorf("secrets %q", got)
	}
}

// broken is an egress whose panic has what it was asked to send.
type broken struct{}

func (broken) Send(_ context.Context, r *host.HTTPRequest) (*host.HTTPResponse, *host.EgressFailure) {
	panic("cannot send " + r.URL + string(r.Body))
}

func TestAPanicOfTheHostShowsNoSecrets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Egress = broken{}
	for _, function := range []string{"http_send", "http_request"} {
		defer func() {
			if p := recover(); p != nil {
				wantNothingOf(t, fmt.Sprint(p), "s3cret-value")
			}
		}()
		result, _ := w.run(t, "script", guests.Step{Function: function, Argument: `{"url":"https://a.example/s3cret-value","method":"POST"}` + "\x00s3cret-value"})
		wantNothingOf(t, result, "s3cret-value")
	}
}

func TestALongLineIsRedactedInPieces(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.settings.Limits.LogBytes = 2 << 20
	w.store.secrets["PIN"] = "x7-9q2"
	result, _ := w.run(t, "script", guests.Step{Function: "log_write", Argument: "\x02" + strings.Repeat("the pin is x7-9q2, ", 30_000)})
	if want := strings.Repeat("the pin is [secret PIN], ", 30_000); len(result.Logs) != 1 || result.Logs[0].Message != want {
		t.Errorf("%d logs, %d bytes", len(result.Logs), len(result.Logs[0].Message))
	}
}

// wantNothingOf fails when what people see of a run has eight bytes of a secret.
func wantNothingOf(t *testing.T, result any, secret string) {
	t.Helper()
	encoded, err := json.Marshal(result)
	if err != nil {
		t.Fatal(err)
	}
	quoted, _ := json.Marshal(secret)
	for _, form := range []string{secret, string(quoted[1 : len(quoted)-1])} {
		for i := 0; i+8 <= len(form); i++ {
			if part := form[i : i+8]; strings.Contains(string(encoded), part) {
				t.Fatalf("%q is shown in %s", part, encoded)
			}
		}
	}
}
