package snapshot

import (
	"bytes"
	"testing"
)

func FuzzDecodeRefusesWhatIsNotADelta(f *testing.F) {
	base := bytes.Repeat([]byte{1, 2, 3, 4}, 3*blockBytes/4)
	image := append(bytes.Clone(base), make([]byte, blockBytes)...)
	for _, at := range []int{0, 1, 7, blockBytes - 1, blockBytes, 3*blockBytes - 1, 3 * blockBytes, len(image) - 1} {
		image[at] = 9
	}
	good := Diff(image, base)
	got := append(bytes.Clone(base), make([]byte, blockBytes)...)
	if good.Apply(got, 0); !bytes.Equal(got, image) {
		f.Fatal("a delta does not make the image")
	}
	if p, ok := Decode(good.Encode()); !ok || !bytes.Equal(p.Encode(), good.Encode()) {
		f.Fatal("a delta does not come back")
	}
	f.Add(good.Encode())
	f.Add(Diff(nil, nil).Encode())
	f.Add(good.Encode()[:40])
	f.Fuzz(func(t *testing.T, b []byte) {
		p, ok := Decode(b)
		if !ok {
			return
		}
		if p.Size() > 4*len(b)*blockBytes {
			t.Fatalf("%d bytes are a delta of %d", len(b), p.Size())
		}
		if p.Size() < 1<<24 {
			p.Apply(make([]byte, p.Size()), 0)
		}
	})
}
