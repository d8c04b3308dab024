package tape

import (
	"bytes"
	"encoding/json"
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
