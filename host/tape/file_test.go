package tape_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/redact"
	"github.com/usherhost/usher/host/tape"
)

var update = flag.Bool("update", false, "write the golden files")

// play is a run of an action, which puts values into requests in many forms, and of the
// server that it calls.
func play(event []byte, secrets map[string]string) ([]host.Call, host.Result) {
	var e struct {
		User struct {
			ID       string `json:"user_id"`
			Email    string `json:"email"`
			Name     string `json:"name"`
			Age      int    `json:"age"`
			Metadata struct {
				Plan    string `json:"plan"`
				Address struct {
					City string `json:"city"`
					Zip  int    `json:"zip"`
				} `json:"address"`
			} `json:"user_metadata"`
		} `json:"user"`
	}
	if err := json.Unmarshal(event, &e); err != nil {
		panic(err)
	}
	var calls []host.Call
	call := func(function string, request, answer any) {
		q, _ := json.Marshal(request)
		a, _ := json.Marshal(answer)
		calls = append(calls, host.Call{Ordinal: len(calls), Function: function, Request: q, Answer: a, EndMicros: int64(len(calls))})
	}
	send := func(method, url string, headers map[string]string, body string) {
		echo, _ := json.Marshal(map[string]any{"echo": body, "email": "server@other.example", "age": 77})
		call("http_send", map[string]any{"method": method, "url": url, "headers": headers, "body": body},
			map[string]any{"status": 200, "headers": map[string][]string{"x-echo": {headers["authorization"]}}, "body": string(echo), "url": url})
	}
	key, short := secrets["API_KEY"], secrets["PIN"]
	call("secret_get", map[string]string{"name": "PIN"}, map[string]string{"value": short})
	call("crypto_call", map[string]any{"operation": "hmac", "sha256": []byte(key)}, map[string]any{})
	send("GET", "https://a.example/"+url.PathEscape(key)+"?q="+url.QueryEscape(key+" "+e.User.Email), map[string]string{"authorization": "Bearer " + key}, "")
	for pad := range 3 {
		basic := strings.Repeat("u", pad+1) + ":" + key
		send("POST", "https://a.example/", map[string]string{
			"authorization": "Basic " + base64.StdEncoding.EncodeToString([]byte(basic)), "x": base64.RawURLEncoding.EncodeToString([]byte(basic)),
		}, hex.EncodeToString([]byte(key)))
	}
	body, _ := json.Marshal(map[string]any{"user": e.User, "k": key, "text": "for " + e.User.Name + " <" + strings.ToUpper(e.User.Email) + ">", "pin": short})
	send("POST", secrets["HOOK"], nil, string(body))
	inner, _ := json.Marshal(string(body))
	send("POST", "https://b.example/", map[string]string{"content-length": strconv.Itoa(len(inner))}, `{"as_string":`+string(inner)+`}`)
	call("user_metadata_set", map[string]any{"key": "email", "value": e.User.Email}, nil)
	call("log_write", map[string]string{"level": "info", "message": "hello " + e.User.Email}, nil)
	redactor := redact.New(secrets)
	output, _ := json.Marshal(map[string]any{"email": e.User.Email, "id": e.User.ID})
	return calls, host.Result{
		ExecutionID: "exe_1", Attempt: 1, Action: "notify", Succeeded: false, Fault: host.FaultGuest, Output: redactor.JSON(output),
		Error:    &host.ResultError{Name: "Error", Message: redactor.Text("no " + e.User.Email + " with " + key)},
		Logs:     []host.Log{{At: time.Unix(1, 0).UTC(), Level: "info", Message: "hello " + e.User.Email}, {Message: redactor.Text(string(body))}},
		Commands: []host.Command{{Type: host.CommandUserMetadata, Key: "email", Value: json.RawMessage(strconv.Quote(e.User.Email))}},
	}
}

// example is a recording of play.
func example(event string, secrets map[string]string) *tape.Recording {
	calls, result := play([]byte(event), secrets)
	s := host.Settings{Limits: host.Limits{Fuel: 10_000_000}, Config: map[string]string{"greeting": "hi"}}
	return &tape.Recording{
		ExecutionID: "exe_1", Attempt: 1, Result: result,
		Step:  host.Step{BindingID: "bnd_1", ActionID: "act_1", Action: "notify", VersionID: "ver_1", Number: 3, Digest: host.Digest([]byte("module"))},
		Event: host.Event{ID: "evt_1", Tenant: "t", Trigger: host.PostUserRegistration, UserID: userIDIn(event), Body: []byte(event), ReceivedAt: time.Unix(1_790_000_000, 0).UTC()},
		Tape: host.Tape{
			Seed: bytes.Repeat([]byte{7}, 32), Start: time.UnixMicro(1_790_000_000_000_001).UTC(), Secrets: secrets, Key: bytes.Repeat([]byte{3}, 16),
			Calls: calls, Settings: &s,
		},
		Module: []byte("module"),
	}
}

func userIDIn(event string) string {
	var e struct {
		User struct {
			ID string `json:"user_id"`
		} `json:"user"`
	}
	_ = json.Unmarshal([]byte(event), &e)
	return e.User.ID
}

const anEvent = `{"user":{"user_id":"auth0|5f7c8ec7c33c6c004bbafe82","email":"ada.lovelace@engine.example","name":"Ada Lovelace","age":36,` +
	`"user_metadata":{"plan":"gold","address":{"city":"Zürich","zip":8001}}},"request":{"ip":"203.0.113.9"}}`

var someSecrets = map[string]string{
	"API_KEY": "sk_live_51HxQz<&>\"Kd9/2+=", "PIN": "007", "HOOK": "https://hooks.slack.example/services/T00/B11/secretpath99",
	"DOC": `{"type":"service","private_key":"abc\ndef-0123456789","n":1234567890}`,
}

var personal = []string{"email", "name", "user_id", "age", "user_metadata.address"}

func written(t testing.TB, r *tape.Recording, mask ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := tape.Write(&b, r, mask); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func read(t testing.TB, b []byte) *tape.Recording {
	t.Helper()
	r, err := tape.Read(bytes.NewReader(b))
	if err != nil {
		t.Fatalf("%v in\n%s", err, b)
	}
	return r
}

func TestAFileHasNoSecretAndNothingThatIsMasked(t *testing.T) {
	t.Parallel()
	b := written(t, example(anEvent, someSecrets), personal...)
	redactor := redact.New(someSecrets)
	if found := redactor.Find(string(b)); len(found) > 0 {
		t.Errorf("%s is in the file: %s", found[0].Name, b[found[0].From:found[0].To])
	}
	for _, value := range []string{"ada.lovelace", "ADA.LOVELACE", "Lovelace", "Z\u00fcrich", "5f7c8ec7", `"007"`, "8001", "secretpath", "server@other"} {
		for _, form := range []string{value, url.QueryEscape(value), hex.EncodeToString([]byte(value))} {
			if bytes.Contains(b, []byte(form)) {
				t.Errorf("%q is in the file", form)
			}
		}
	}
	for _, shown := range []string{"[secret API_KEY]", "[secret HOOK]", "[masked email]", "[masked user_metadata.address]", "gold", "203.0.113.9"} {
		if !bytes.Contains(b, []byte(shown)) {
			t.Errorf("%q is not in the file", shown)
		}
	}
}

func TestARecordingComesBackWithPlaceholders(t *testing.T) {
	t.Parallel()
	from := example(anEvent, someSecrets)
	got := read(t, written(t, from, personal...))
	for name, value := range someSecrets {
		if stands := got.Tape.Secrets[name]; stands == value || len(stands) != len(value) {
			t.Errorf("%s stands for the secret %s", stands, name)
		}
	}
	if hook := got.Tape.Secrets["HOOK"]; !strings.HasPrefix(hook, "https://hooks.slack.example/") {
		t.Errorf("a URL became %s", hook)
	}
	if !json.Valid([]byte(got.Tape.Secrets["DOC"])) {
		t.Errorf("JSON became %s", got.Tape.Secrets["DOC"])
	}
	if got.Event.UserID != userIDIn(string(got.Event.Body)) || got.Event.UserID == from.Event.UserID || !strings.HasPrefix(got.Event.UserID, "") {
		t.Errorf("the event of %s has the body %s", got.Event.UserID, got.Event.Body)
	}
	if !reflect.DeepEqual(got.Step, from.Step) || !reflect.DeepEqual(got.Tape.Settings, from.Tape.Settings) || string(got.Module) != "module" ||
		!bytes.Equal(got.Tape.Seed, from.Tape.Seed) || !got.Tape.Start.Equal(from.Tape.Start) || len(got.Tape.Calls) != len(from.Tape.Calls) || got.Tape.Key != nil {
		t.Errorf("%+v", got)
	}
	for i, c := range got.Tape.Calls {
		if !bytes.Equal(c.Digest, tape.Digest(from.Tape.Key, &from.Tape.Calls[i])) {
			t.Errorf("call %d has the digest %x", i, c.Digest)
		}
	}
}

func TestWithNothingToMaskTheFileHasTheRecordingItself(t *testing.T) {
	t.Parallel()
	from := example(strings.Replace(anEvent, ",", ",  ", 3), nil)
	from.Tape.Key = nil
	from.Tape.Calls[2].Request = json.RawMessage(`{"body":"<\u003c>&"}`)
	got := read(t, written(t, from))
	if string(got.Event.Body) != string(from.Event.Body) {
		t.Errorf("the event is %s", got.Event.Body)
	}
	if got.Masker != nil {
		t.Error("there is a masker")
	}
	want := *from
	a, _ := json.Marshal(want)
	b, _ := json.Marshal(*got)
	if !bytes.Equal(a, b) {
		t.Errorf("%s\n%s", b, a)
	}
}

// A run on what the file has is, masked, what the file has: whatever the values are.
func TestAReplayOfAFileIsComparableWithIt(t *testing.T) {
	t.Parallel()
	rounds := 60 // 3,000 have been run
	if testing.Short() {
		rounds = 10
	}
	for seed := range rounds {
		random := rand.New(rand.NewPCG(uint64(seed), 1))
		event, secrets := randomEvent(random), randomSecrets(random)
		mask := personal
		if seed%3 == 0 {
			mask = nil
		}
		from := example(event, secrets)
		file := read(t, written(t, from, mask...))
		calls, result := play(file.Event.Body, file.Tape.Secrets)
		if len(calls) != len(file.Tape.Calls) {
			t.Fatalf("%d: %d calls", seed, len(calls))
		}
		for i, c := range calls {
			got, want := file.Masker.Call(c), file.Tape.Calls[i]
			if string(got.Request) != string(want.Request) {
				t.Fatalf("seed %d, event %s, secrets %q:\n got %s\nwant %s", seed, event, secrets, got.Request, want.Request)
			}
			// What the server echoes is, as far as it is not encoded, what it would have
			// answered.
			if c.Function == "secret_get" && string(c.Answer) != string(want.Answer) {
				t.Fatalf("seed %d: %s, want %s", seed, c.Answer, want.Answer)
			}
		}
		masked, err := file.Masker.Result(result)
		if err != nil || !reflect.DeepEqual(masked, file.Result) {
			a, _ := json.Marshal(masked)
			b, _ := json.Marshal(file.Result)
			t.Fatalf("seed %d: the result is\n%s, want\n%s (%v)", seed, a, b, err)
		}
	}
}

func randomEvent(r *rand.Rand) string {
	words := []string{"ada", "Grace Hopper", "Ünal Ö", "李小龙", "o'neil", "x", "Jo", "éèê", "<b>&\"\\", "name with  blanks", "12345", "😀 smile"}
	word := func() string { return words[r.IntN(len(words))] }
	e := map[string]any{"user": map[string]any{
		"user_id": "auth0|" + strconv.FormatUint(r.Uint64(), 16), "email": fmt.Sprintf("%s.%d@%s.example", strings.Fields(word())[0], r.IntN(1000), "host"),
		"name": word() + " " + word(), "age": r.IntN(100),
		"user_metadata": map[string]any{"plan": word(), "address": map[string]any{"city": word(), "zip": r.IntN(100000)}},
	}}
	b, _ := json.Marshal(e)
	return string(b)
}

func randomSecrets(r *rand.Rand) map[string]string {
	letters := func(alphabet string, n int) string {
		var b strings.Builder
		for range n {
			b.WriteByte(alphabet[r.IntN(len(alphabet))])
		}
		return b.String()
	}
	const base = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	key := []string{
		letters(base, 8+r.IntN(60)), letters("0123456789abcdef", 32), letters(base+"+/", 43) + "=", letters(base+" !\"#$%&'()*+,-./:;<=>?@[]^_{|}~\\", 12+r.IntN(30)),
		"sk_test_" + letters(base, 24), "pässwörd-" + letters(base, 9), letters("0123456789", 4+r.IntN(12)),
	}[r.IntN(7)]
	return map[string]string{
		"API_KEY": key, "PIN": letters("qxzjk", 3), "HOOK": "https://hooks.example/" + letters(base, 9) + "/" + letters(base, 24),
	}
}

func TestGoldenFile(t *testing.T) {
	t.Parallel()
	golden := filepath.Join("testdata", "recording.json")
	got := written(t, example(anEvent, someSecrets), personal...)
	if *update {
		if err := os.WriteFile(golden, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("the file has changed: bump tape.FileVersion if what reads the old one can't read it, and go test -update\n%s", got)
	}
	read(t, want)
}

func TestADamagedFileIsAClearError(t *testing.T) {
	t.Parallel()
	whole := string(written(t, example(anEvent, someSecrets), "email"))
	foreign := example(anEvent, nil)
	foreign.Module = []byte("another module")
	reordered := example(anEvent, nil)
	reordered.Tape.Calls[0], reordered.Tape.Calls[1] = reordered.Tape.Calls[1], reordered.Tape.Calls[0]
	replaced := func(old, with string) string {
		if !strings.Contains(whole, old) {
			t.Errorf("%q is not in the file", old)
		}
		return strings.Replace(whole, old, with, 1)
	}
	for _, tt := range []struct {
		name, file, wants string
		code              host.Code
	}{
		{name: "nothing", file: "", wants: "no exported tape"},
		{name: "foreign", file: `{"log":{"version":"1.2"}}`, wants: "no exported tape"},
		{name: "no JSON", file: "UTP\x01", wants: "no exported tape"},
		{name: "cut", file: whole[:len(whole)/2], wants: "was cut"},
		{name: "cut at its end", file: whole[:len(whole)-3], wants: "was cut"},
		{name: "more behind it", file: whole + "{}", wants: "no exported tape"},
		{name: "newer", file: replaced(`"version": 1`, `"version": 2`), wants: "formats up to 1", code: host.Refused},
		{name: "format 0", file: replaced(`"version": 1`, `"version": 0`), wants: "format 0"},
		{name: "a member that is not known", file: replaced(`"attempt":`, `"tries":1,"attempt":`), wants: "tries"},
		{name: "a changed answer", file: replaced(`77`, `78`), wants: "was changed"},
		{name: "a changed digest", file: replaced(`"digest": "sha256:`, `"digest": "sha256:0`), wants: "was changed"},
		{name: "the module of another version", file: string(written(t, foreign)), wants: "was run"},
		{name: "reordered", file: string(written(t, reordered)), wants: "out of order"},
	} {
		_, err := tape.Read(strings.NewReader(tt.file))
		if code := host.CodeOf(err); err == nil || !strings.Contains(err.Error(), tt.wants) || tt.code == "" && code != host.Corrupt || tt.code != "" && code != tt.code {
			t.Errorf("%s: %v (%s), want %q", tt.name, err, code, tt.wants)
		}
	}
	if err := tape.Write(&bytes.Buffer{}, example(anEvent, nil), []string{"user..email"}); host.CodeOf(err) != host.Invalid {
		t.Errorf("a path without a key gave %v", err)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, []byte(whole)); err != nil {
		t.Fatal(err)
	}
	read(t, compact.Bytes()) // blanks are no change
}

func TestEveryChangedByteOfAFileIsSeen(t *testing.T) {
	t.Parallel()
	whole := written(t, example(anEvent, someSecrets), "email")
	first := read(t, whole)
	step := 1 + len(whole)/400
	for i := 0; i < len(whole); i += step {
		b := bytes.Clone(whole)
		b[i] ^= 1
		got, err := tape.Read(bytes.NewReader(b))
		if err != nil {
			continue
		}
		x, _ := json.Marshal(first)
		y, _ := json.Marshal(got)
		if !bytes.Equal(x, y) {
			t.Errorf("byte %d changed from %q to %q is not seen", i, whole[i], b[i])
		}
	}
}
