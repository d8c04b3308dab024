package cachefile_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/usherhost/usher/host/sandbox/cachefile"
)

// A file comes back whole, or not at all.
func Example() {
	dir, _ := os.MkdirTemp("", "cachefile-")
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "module", "file")
	fmt.Println(cachefile.Write(path, []byte("header"), []byte("body")))
	pieces, err := cachefile.Read(path)
	fmt.Printf("%s %v\n", pieces, err)
	fmt.Println(os.Truncate(path, 20))
	_, err = cachefile.Read(path)
	fmt.Println(err)
	// Output:
	// <nil>
	// [header body] <nil>
	// <nil>
	// the file is damaged
}
