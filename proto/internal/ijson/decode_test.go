package ijson_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"

	"github.com/usherhost/usher/proto/internal/ijson"
)

func TestDecodeReadsEveryKindOfValue(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text string
		want any
	}{
		{` null `, nil},
		{"\t\r\ntrue", true},
		{`-0.5e+10`, json.Number("-0.5e+10")},
		{`""`, ""},
		{`"a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00z"`, "a\"\\/\b\f\n\r\té😀z"},
		{`[]`, []any{}},
		{`[[1],[ ]]`, []any{[]any{json.Number("1")}, []any{}}},
		{`{"a":{"b":[null]},"":1}`, map[string]any{"a": map[string]any{"b": []any{nil}}, "": json.Number("1")}},
	} {
		got, err := ijson.Decode([]byte(tt.text))
		if err != nil {
			t.Errorf("%s: %v", tt.text, err)
		}
		if !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: got %#v, want %#v", tt.text, got, tt.want)
		}
	}
}

func TestDecodeRefusesWhatIsNotJSON(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		``, ` `, `nul`, `tru`, `01`, `-`, `1.`, `.5`, `1e`, `1e+`, `+1`, `0x1`, `NaN`, `'a'`, `"`, `"\`, `"\x"`, `"\u12"`, `"\u+123"`,
		`"\ud800"`, `"\udc00\ud800"`, `"\ud800\n"`, "\"\x00\"", `[`, `[1`, `[1,`, `[1,]`, `[,1]`, `{`, `{"a"`, `{"a":`, `{"a":1`, `{"a":1,}`,
		`{a:1}`, `{"a" 1}`, `{"a":1 "b":2}`, `1 2`, `{}}`, "\"\xc3\"", "\xa0", `// c`,
	} {
		_, err := ijson.Decode([]byte(text))
		if _, ok := errors.AsType[*ijson.Error](err); !ok {
			t.Errorf("%q: got %v, want an *Error", text, err)
		}
	}
}

func TestDecodeReadsUpToItsDepth(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat(`{"a":`, ijson.MaxDepth-1) + "[]" + strings.Repeat("}", ijson.MaxDepth-1)
	if _, err := ijson.Decode([]byte(deep)); err != nil {
		t.Error(err)
	}
	if _, err := ijson.Decode([]byte("[" + deep + "]")); err == nil {
		t.Error("one level more was let through")
	}
}

func TestDecodeKnowsAKeyAgainAmongMany(t *testing.T) {
	t.Parallel()
	for _, count := range []int{1, 31, 32, 33, 1000} {
		var text strings.Builder
		for i := range count {
			fmt.Fprintf(&text, `"k%d":{"k0":0},`, i)
		}
		if _, err := ijson.Decode([]byte("{" + text.String() + `"new":1}`)); err != nil {
			t.Errorf("%d keys: %v", count, err)
		}
		for _, key := range []string{"k0", fmt.Sprint("k", count-1)} {
			if _, err := ijson.Decode([]byte("{" + text.String() + `"` + key + `":1}`)); err == nil {
				t.Errorf("%d keys: %s stands twice", count, key)
			}
		}
	}
}

// FuzzDecode holds the decoder against encoding/json: what it lets through is
// read alike by both, and what it refuses is refused by both, save where I-JSON
// is stricter.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{`{"a":[1,-2.5e3,"x\u00e9\ud83d\ude00",true,null]}`, `{"a":1,"a":2}`, "\"\xff\"", `"\ud800"`, `[[[`, ` 1 `} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := ijson.Decode(text)
		want, wantErr := decodeWithStandardLibrary(text)
		if err == nil {
			if wantErr != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%q: got %#v, want %#v (%v)", text, got, want, wantErr)
			}
			return
		}
		e, ok := errors.AsType[*ijson.Error](err)
		if !ok || e.Offset < 0 || e.Offset > len(text) || e.Line < 1 || e.Column < 1 {
			t.Fatalf("%q: %#v", text, err)
		}
		if wantErr == nil && !stricter(e.Detail) {
			t.Errorf("%q: refused: %v", text, err)
		}
	})
}

func stricter(detail string) bool {
	return detail == "is not UTF-8" || detail == "is given twice" || strings.Contains(detail, "surrogate") || strings.Contains(detail, "nested")
}

func decodeWithStandardLibrary(text []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one value")
	}
	return v, nil
}
