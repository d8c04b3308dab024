package guest

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

func FuzzTheLengthOfAStringInJSONIsKnownBeforeItIsEncoded(f *testing.F) {
	for _, s := range []string{"", "plain", "\x00\x1f\x7f\n\t\"\\", "<&>", "Löwe\u2028\u2029\ufffd", "\xff\xfea\xc3", "\xed\xa0\x80"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if want := int64(len(encode(s)) - 2); escapedBytes(s) != want {
			t.Errorf("%q: %d bytes, in truth %d", s, escapedBytes(s), want)
		}
	})
}

// TestMeasuresAreNeverTooLow: what is encoded was let through by its measure.
func TestMeasuresAreNeverTooLow(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "text", strings.Repeat("\x00", 1000), strings.Repeat("<ö\xff", 1000)} {
		text := s
		for _, v := range []leaves{
			nameRequest{s},
			valueAnswer{},
			valueAnswer{&text},
			cryptoRequest{s, make([]byte, 32)},
			cryptoAnswer{[]byte(s)},
			sleepRequest{1 << 62},
			waitRequest{1 << 62},
			handleRequest{1 << 62},
			handleAnswer(1 << 62),
			nothing{},
			logRequest{"trace", s},
			(*cacheRecord)(nil), &cacheRecord{s, 1 << 62}, cacheError("CacheValueSizeExceeded"),
			cacheAnswer{Type: "success", Record: &cacheRecord{s, 1 << 62}},
			cacheSetRequest{s, s, json.RawMessage("1000000000000"), json.RawMessage(string(encode(s)))},
			httpRequest{s, s, headerValues{s: {s, s}, "x" + s: {}}, s, []byte(s), 1 << 62, s},
			&httpAnswer{Status: 999, Headers: http.Header{s: {s, s}}, Body: &text, URL: s}, &httpAnswer{BodyBase64: []byte(s)},
			&httpAnswer{Error: &httpError{"network", s}}, (*waitAnswer)(nil), &waitAnswer{1 << 62, &httpAnswer{Body: &text}},
		} {
			for _, exact := range []bool{false, true} {
				m := measure{exact: exact}
				v.measure(&m)
				if n := int64(len(encode(v))); m.bytes < n && n > 2 {
					t.Errorf("%T, exact %t: measured %d bytes, in truth %d", v, exact, m.bytes, n)
				}
			}
		}
	}
}
