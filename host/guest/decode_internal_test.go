package guest

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

// FuzzLongRequestsReadLikeShortOnes compares the scanner of long requests with
// encoding/json: it reads the same, or refuses.
func FuzzLongRequestsReadLikeShortOnes(f *testing.F) {
	for _, text := range []string{
		`{"method":"POST","url":"https://a.example/","headers":{"A":["b","c"],"d":"e"},"body":"hello \ud83d\ude00 \u00e9 é\n","timeout_ms":5}`,
		`{"URL":"x","BODY":"a","body":"b","Body":null,"body_base64":"aGVsbG8=","redirect":"manual"}`,
		` { "body" : "" , "headers" : null } `, `{"body_base64":""}`, `{"body_base64":"aGVs\nbG8="}`, `{"body_base64":"aGU=aGU="}`,
		`{"body":7}`, `{"body":["a","}"]}`, `{"body":"a"`, `{"body":"a\`, `{}x`, `{"a":}`, `{,}`, `[]`, `{"body":"\ud83d"}`, `{"body":"a\u12"}`, "{\"body\":\"\xff\xf0\x9f\x98\"}",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var want, got httpRequest
		wantErr := json.Unmarshal([]byte(text), &want)
		gotErr := scanRequest(func() {}, []byte(text), &got)
		if wantErr != nil {
			if gotErr == nil {
				t.Errorf("%q is read as %+v, which is malformed: %v", text, got, wantErr)
			}
			return
		}
		if strings.TrimSpace(text) == "null" {
			return
		}
		if gotErr != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q is read as %+v, %v, want %+v", text, got, gotErr, want)
		}
	})
}

func TestLongBodiesAreCutInNoCharacter(t *testing.T) {
	t.Parallel()
	for _, unit := range []string{"é", "😀", `\ud83d\ude00`, `\u00e9`, `\n`, `\\`, "a", `x\ud83d\ude00`, `xx\ud83d\ude00`, "\xff", "x\xe2\x82"} {
		text := `{"body":"` + strings.Repeat(unit, 3*pieceBytes/len(unit)) + `"}`
		var want, got httpRequest
		if err := json.Unmarshal([]byte(text), &want); err != nil {
			t.Fatal(err)
		}
		if err := scanRequest(func() {}, []byte(text), &got); err != nil || got.Body != want.Body {
			t.Errorf("a body of %q is read otherwise: %d bytes, %v, want %d", unit, len(got.Body), err, len(want.Body))
		}
	}
}

func TestLongAnswersAreWrittenLikeShortOnes(t *testing.T) {
	t.Parallel()
	for _, unit := range []string{"a", "é", "😀", "<", "\x00", "\u2028", "x😀"} {
		text := strings.Repeat(unit, 3*pieceBytes/len(unit)+1)
		a := &httpAnswer{Status: 200, Headers: map[string][]string{"a": {"b"}}, Body: &text, URL: "https://a.example/?a&b"}
		if got, want := a.encode(func() {}), encode(a); string(got) != string(want) {
			t.Errorf("a body of %q is written otherwise: %d bytes, want %d", unit, len(got), len(want))
		}
		w := &waitAnswer{7, a}
		if got, want := w.encode(func() {}), encode(w); string(got) != string(want) {
			t.Errorf("an answer of %q is written otherwise: %.50s, want %.50s", unit, got, want)
		}
	}
}
