package snapshot

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
)

// TestRestoreFindsEveryWrittenPage writes and reads pages at random. It expects
// the image back and the written pages counted: for an image that equals its
// base, and for larger and smaller ones that differ from it in places; with and
// without tracking, where the kernel can track.
func TestRestoreFindsEveryWrittenPage(t *testing.T) {
	t.Parallel()
	const pages = 120
	page := os.Getpagesize()
	random := rand.NewChaCha8([32]byte{1})
	common := make([]byte, pages*page)
	_, _ = random.Read(common) // never fails
	base, err := NewPages(len(common), func(memory []byte) { copy(memory, common) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = base.Close() })
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
			for name, compose := range map[string]func(*Pages, Delta) (*Image, error){"delta": deltaImage, "whole": wholeImage} {
				i, err := compose(base, Diff(data, common))
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = i.Close() })
				if name == "delta" && i.HeldBytes() > int64(differ*200+50*page) {
					t.Errorf("an image of %d pages with %d changes takes %d bytes", size, differ, i.HeldBytes())
				}
				if !bytes.Equal(i.Bytes(), data) {
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

func writeAndReset(t *testing.T, i *Image, data []byte, tracked bool) {
	page, pages := os.Getpagesize(), uint64(len(data)/os.Getpagesize())
	random := rand.NewChaCha8([32]byte{2})
	v, err := NewMapping(i, uint64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	defer v.Free()
	if tracked {
		v.Track()
	}
	if v.tracked != (tracked && canTrack()) {
		t.Fatalf("tracked %v", v.tracked)
	}
	memory := v.Reallocate(uint64(len(data)))
	if !bytes.Equal(memory, data) {
		t.Fatal("the memory does not begin as the image")
	}
	written := map[int]bool{}
	if !v.tracked { // blocks of the delta look like written ones
		for n := range i.delta.starts[:max(len(i.delta.starts)-1, 0)] {
			if len(i.delta.block(n)) > 0 {
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
		got, err := v.Restore(-1)
		if err != nil || !bytes.Equal(memory, data) {
			t.Fatalf("run %d: the memory is not the image, error %v", run, err)
		}
		if canScan() && got != len(written) {
			t.Fatalf("run %d: %d pages, want %d", run, got, len(written))
		}
	}
}

// TestPagesCanBeDroppedInsteadOfCopied is the fallback for kernels that can't scan
// pages, which is also used where the last run wrote nothing.
func TestPagesCanBeDroppedInsteadOfCopied(t *testing.T) {
	t.Parallel()
	page := os.Getpagesize()
	base, err := NewPages(4*page, func(memory []byte) {
		for n := range memory {
			memory[n] = byte(n % 7)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = base.Close() }()
	i, err := wholeImage(base, Diff(base.bytes, base.bytes))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = i.Close() }()
	v, err := NewMapping(i, uint64(4*page))
	if err != nil {
		t.Fatal(err)
	}
	defer v.Free()
	memory := v.Reallocate(uint64(4 * page))
	for run := range 3 {
		memory[run*page] ^= 0xff
		if _, err := v.Restore(0); err != nil || !bytes.Equal(memory, base.bytes) {
			t.Fatalf("run %d: the memory is not the image, error %v", run, err)
		}
	}
}
