package extism_test

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/guests"
	"github.com/usherhost/usher/host/sandbox/extism"
)

func TestReadManifestReadsTheSupportedSettings(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	wasm := guests.Wasm("echo")
	if err := os.WriteFile(filepath.Join(dir, "echo.wasm"), wasm, 0o600); err != nil {
		t.Fatal(err)
	}
	hash := strings.TrimPrefix(host.Digest(wasm), "sha256:")
	m, err := extism.ReadManifest([]byte(`{
		"wasm": [{"path": "echo.wasm", "hash": "`+hash+`"}],
		"memory": {"max_pages": 32, "max_http_response_bytes": 1000},
		"allowed_hosts": ["hooks.slack.com"], "config": {"colour": "green"}, "timeout_ms": 1500
	}`), dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Wasm) != len(wasm) || m.AllowedHosts[0] != "hooks.slack.com" || m.Config["colour"] != "green" ||
		m.TimeoutMillis != 1500 || m.MaxPages != 32 || m.MaxResponseBytes != 1000 {
		t.Errorf("manifest %+v", m)
	}
}

func TestReadManifestRefusesUnsupportedSettings(t *testing.T) {
	t.Parallel()
	data, _ := json.Marshal(base64.StdEncoding.EncodeToString(guests.Wasm("noop")))
	one := `{"data": ` + string(data) + `}`
	for _, tt := range []struct {
		name, manifest, says string
		code                 host.Code
	}{
		{"no JSON", `wasm:`, "not an Extism manifest", host.Invalid},
		{"no module", `{"wasm": []}`, "names no module", host.Refused},
		{"a nameless link", `{"wasm": [` + one + `,` + one + `]}`, "module 1 of 2 has no name", host.Refused},
		{"paths", `{"wasm": [` + one + `], "allowed_paths": {"/": "/"}}`, "file system paths", host.Refused},
		{"a download", `{"wasm": [{"url": "https://example.com/x.wasm"}]}`, "to be downloaded", host.Refused},
		{"another hash", `{"wasm": [{"data": ` + string(data) + `, "hash": "00"}]}`, "the manifest says 00", host.Refused},
		{"a missing file", `{"wasm": [{"path": "gone.wasm"}]}`, "read the manifest's module", host.NotFound},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := extism.ReadManifest([]byte(tt.manifest), t.TempDir())
			if err == nil || host.CodeOf(err) != tt.code || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("error %v, code %s", err, host.CodeOf(err))
			}
		})
	}
}
