package proto_test

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"github.com/usherhost/usher/proto"
)

func BenchmarkCheckEvent(b *testing.B) {
	body, err := os.ReadFile("testdata/database.json")
	if err != nil {
		b.Fatal(err)
	}
	body = compact(b, body)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, found := proto.CheckEvent("post-user-registration", body); found != nil {
			b.Fatal(found)
		}
	}
}

func compact(tb testing.TB, text []byte) []byte {
	tb.Helper()
	var out bytes.Buffer
	if err := json.Compact(&out, text); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}
