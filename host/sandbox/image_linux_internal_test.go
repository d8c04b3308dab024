package sandbox

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
)

// TestAResetFindsEveryWrittenPage writes and reads pages at random, and wants
// the image back and the written pages counted: of an image that is its base,
// and of larger and smaller ones that differ from it in places; with pages that
// are tracked, where the kernel can do that, and with pages that are not.
func TestAResetFindsEveryWrittenPage(t *testing.T) {
	t.Parallel()
	const pages = 120
	page := os.Getpagesize()
	random := rand.NewChaCha8([32]byte{1})
	common := make([]byte, pages*page)
	_, _ = random.Read(common) // never fails
	base, err := newSheet(len(common), func(memory []byte) { copy(memory, common) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = base.close() })
	for _, size := range []int{pages, pages + 40, pages - 40} {
		for _, differ := range []int{0, 100} {
			data := bytes.Clone(append(bytes.Clone(common), make([]byte, 40*page)...)[:size*page])
			for range differ {
				at := int(random.Uint64() % uint64(len(data)-50))
				_, _ = random.Read(data[at : at+1+at%50])
			}
			if differ > 0 {
				_, _ = random.Read(data[8*page : 10*page]) // whole blocks
			}
			for name, compose := range map[string]func(*sheet, patch) (*image, error){"patched": patchImage, "whole": wholeImage} {
				i, err := compose(base, newPatch(data, common))
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = i.close() })
				if name == "patched" && i.held() > int64(differ*200+50*page) {
					t.Errorf("an image of %d pages with %d changes takes %d bytes", size, differ, i.held())
				}
				if !bytes.Equal(i.bytes(), data) {
					t.Fatalf("a %s image of %d pages with %d changes is not the image", name, size, differ)
				}
				for _, tracked := range []bool{false, true} {
					t.Run(fmt.Sprintf("%s, %d pages, %d changes, tracked %v", name, size, differ, tracked), func(t *testing.T) {
						writeAndReset(t, i, data, tracked)
					})
				}
			}
		}
	}
}

func writeAndReset(t *testing.T, i *image, data []byte, tracked bool) {
	page, pages := os.Getpagesize(), uint64(len(data)/os.Getpagesize())
	random := rand.NewChaCha8([32]byte{2})
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
	if !bytes.Equal(memory, data) {
		t.Fatal("the memory does not begin as the image")
	}
	written := map[int]bool{}
	if !v.tracked { // patches can't be told from what was written
		for n := range i.patch.starts[:max(len(i.patch.starts)-1, 0)] {
			if len(i.patch.block(n)) > 0 {
				written[n*blockBytes/page] = true
			}
		}
	}
	for run := range 20 {
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
			t.Fatalf("run %d: the memory is not the image, error %v", run, err)
		}
		if canScan() && got != len(written) {
			t.Fatalf("run %d: %d pages, want %d", run, got, len(written))
		}
	}
}
