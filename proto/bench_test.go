package proto_test

import (
	"os"
	"testing"

	"github.com/usherhost/usher/proto"
)

func BenchmarkCheckEvent(b *testing.B) {
	body, err := os.ReadFile("testdata/database.json")
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, found := proto.CheckEvent("post-user-registration", body); found != nil {
			b.Fatal(found)
		}
	}
}
