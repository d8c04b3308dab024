package tape

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
)

// FuzzRead reads files whose digest is right, whatever is in them.
func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"plan":{"digest":"sha256:x"},"masked":["email"],"placeholders":{"[secret A]":"value of a","[masked email]":"a@b.example"},` +
		`"number_placeholders":{"[masked age]":7},"event":{"body":{"user":{"email":"a@b.example"}}},"tape":{"secrets":{"A":"[secret A]"},"calls":[` +
		`{"n":0,"fn":"http_send","req":{"url":"https://a/[secret A]"},"ans":{"body":"{\"age\":\"[masked age]\"}"},"ans_cut":{"bytes":9}}]}}`))
	f.Add([]byte(`{"module_zstd":"KLUv/QQAAQAAbQ==","event":{"body":"{ }"}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var from file
		if json.Unmarshal(b, &from) != nil {
			return
		}
		from.Format, from.Version, from.Digest = fileFormat, FileVersion, ""
		var err error
		if from.Digest, err = from.digest(); err != nil {
			return
		}
		whole, err := from.encode()
		if err != nil {
			t.Fatal(err)
		}
		r, err := Read(bytes.NewReader(whole))
		if err != nil {
			if code := host.CodeOf(err); code != host.Corrupt && code != host.Refused && code != host.Invalid {
				t.Fatalf("%v has the code %q", err, code)
			}
			return
		}
		for _, c := range r.Tape.Calls {
			if c = r.Masker.Call(c); len(c.Request) > 0 && !json.Valid(c.Request) {
				t.Fatalf("masked, a request is %s", c.Request)
			}
		}
		var again bytes.Buffer
		if err := Write(&again, r, nil); err != nil && host.CodeOf(err) != host.Invalid {
			t.Fatal(err)
		} else if err != nil {
			return
		}
		if _, err := Read(&again); err != nil {
			t.Fatalf("%v in %s", err, again.Bytes())
		}
	})
}

func TestAFileThatGrowsTooMuchIsRefused(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 1<<20)
	answer, _ := json.Marshal(strings.Repeat("[masked a]", 200))
	for _, tt := range []struct {
		name, wants string
		f           file
	}{
		{"many placeholders", "with placeholders", file{
			Masked: []string{"a"}, Placeholders: map[string]string{"[masked a]": long}, Tape: host.Tape{Calls: []host.Call{{Function: "http_send", Answer: answer}}},
		}},
		{"no token", "no token", file{Placeholders: map[string]string{"": "x"}}},
		{"no number", "the placeholder", file{Numbers: map[string]json.Number{"a": "1"}}},
		{"long placeholders", "at most", file{Placeholders: map[string]string{"[masked a]": long + long + long, "[masked b]": long + long}}},
	} {
		tt.f.Format, tt.f.Version, tt.f.Event.Body = fileFormat, FileVersion, json.RawMessage(`{}`)
		var err error
		if tt.f.Digest, err = tt.f.digest(); err != nil {
			t.Fatal(err)
		}
		b, err := tt.f.encode()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Read(bytes.NewReader(b)); host.CodeOf(err) != host.Corrupt || !strings.Contains(err.Error(), tt.wants) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}
