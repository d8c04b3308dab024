package works

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// maxBuild is how long building a guest may take: most of it is fetching what
// it is made of.
const maxBuild = 5 * time.Minute

// builds has the outcome of building each guest, so that none is tried twice.
var builds = struct {
	sync.Mutex // guards done
	done       map[string]error
}{done: map[string]error{}}

// build makes the guest of a work by its script.
func build(root, name string) error {
	builds.Lock()
	defer builds.Unlock()
	if err, tried := builds.done[name]; tried {
		return err
	}
	fmt.Fprintf(os.Stderr, "bench: building the guest of %s, this once\n", name)
	ctx, cancel := context.WithTimeout(context.Background(), maxBuild)
	defer cancel()
	script := exec.CommandContext(ctx, filepath.Join(root, "host", "bench", "guests", "build"), name)
	script.WaitDelay = time.Second // what the script started may hold its output open
	out, err := script.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%w: host/bench/guests/build %s: %w: %s", ErrNotBuilt, name, err, lastLine(out))
	}
	builds.done[name] = err
	return err
}

func lastLine(out []byte) string {
	lines := strings.Split(string(bytes.TrimSpace(out)), "\n")
	return lines[len(lines)-1]
}
