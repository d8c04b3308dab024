package sandbox

import (
	"bytes"
	"math/rand/v2"
	"os"
	"testing"
)

// TestAResetFindsEveryWrittenPage writes and reads pages at random, and wants
// the image back and the written pages counted: with pages that are tracked,
// where the kernel can do that, and with pages that are not.
func TestAResetFindsEveryWrittenPage(t *testing.T) {
	t.Parallel()
	const pages = 300
	page := os.Getpagesize()
	data := make([]byte, pages*page)
	random := rand.NewChaCha8([32]byte{1})
	_, _ = random.Read(data) // never fails
	i, err := newImage(data)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = i.close() })
	for _, tracked := range []bool{false, true} {
		v, err := newView(i, uint64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		defer v.Free()
		if tracked {
			v.track()
		}
		if v.tracked != (tracked && canTrack()) {
			t.Fatalf("tracked %v", v.tracked)
		}
		memory := v.Reallocate(uint64(len(data)))
		written := map[int]bool{}
		for run := range 50 {
			for range random.Uint64() % 20 {
				n := int(random.Uint64() % pages)
				memory[n*page+int(random.Uint64()%uint64(page))] ^= 0xff
				written[n] = true
				sum := 0
				for n = range int(random.Uint64() % pages) {
					sum += int(memory[n*page])
				}
				_ = sum
			}
			got, err := v.reset(-1)
			if err != nil || !bytes.Equal(memory, data) {
				t.Fatalf("tracked %v, run %d: the memory is not the image, error %v", tracked, run, err)
			}
			if canScan() && got != len(written) {
				t.Fatalf("tracked %v, run %d: %d pages, want %d", tracked, run, got, len(written))
			}
		}
	}
}
