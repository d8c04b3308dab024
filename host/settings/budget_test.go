package settings

import (
	"os"
	"path/filepath"
	"testing"
)

func TestSizesAreReadWithTheirUnit(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Size{
		"": 0, "1GiB": 1 << 30, "512MiB": 512 << 20, "1.5GiB": 3 << 29, "2GB": 2e9, "64 MiB": 64 << 20, "134217728": 128 << 20, "7B": 7,
	} {
		var got Size
		if err := got.UnmarshalText([]byte(text)); err != nil || got != want {
			t.Errorf("%q is %d (%v), want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"much", "-1GiB", "0", "1PiB", "GiB", "NaNMiB", "1e30TiB", "1gib "} {
		var got Size
		if err := got.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is taken for %d", text, got)
		}
	}
	for size, want := range map[Size]string{0: "0B", 1 << 30: "1GiB", 3 << 29: "1.5GiB", 384 << 20: "384MiB"} {
		if got := size.String(); got != want {
			t.Errorf("%d is written %s, want %s", int64(size), got, want)
		}
	}
}

// TestTheLeastLimitOfTheControlGroupsCounts reads systems of both versions, in
// and out of a container.
func TestTheLeastLimitOfTheControlGroupsCounts(t *testing.T) {
	t.Parallel()
	const meminfo = "MemTotal:        8388608 kB\nMemFree: 1 kB\n"
	for name, tt := range map[string]struct {
		files map[string]string
		want  int64
	}{
		"none":                     {map[string]string{}, 0},
		"version 2, its own":       {map[string]string{"proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/b/memory.max": "1073741824\n"}, 1 << 30},
		"version 2, the parent's":  {map[string]string{"proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/b/memory.max": "max\n", "sys/fs/cgroup/a/memory.max": "536870912\n"}, 512 << 20},
		"version 2, a container's": {map[string]string{"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "1073741824\n"}, 1 << 30},
		"version 1":                {map[string]string{"proc/self/cgroup": "9:cpu,memory:/x\n0::/x\n", "sys/fs/cgroup/memory/x/memory.limit_in_bytes": "268435456\n"}, 256 << 20},
		"version 1, without limit": {map[string]string{"proc/self/cgroup": "9:memory:/\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n"}, 0},
	} {
		root := t.TempDir()
		tt.files["proc/meminfo"] = meminfo
		for path, text := range tt.files {
			path = filepath.Join(root, path)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if got := cgroupMemory(root); got != tt.want {
			t.Errorf("%s: %d, want %d", name, got, tt.want)
		}
		if got := machineMemory(root); got != 8<<30 {
			t.Errorf("%s: the machine has %d", name, got)
		}
	}
}
