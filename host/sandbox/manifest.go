package sandbox

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	extism "github.com/extism/go-sdk"

	"github.com/usherhost/usher/host"
)

// Manifest is what an Extism manifest says that means something here.
type Manifest struct {
	Wasm             []byte
	AllowedHosts     []string
	Config           map[string]string
	TimeoutMillis    int64 // 0 when it sets none
	MaxPages         int64 // of 64 KiB; 0 when it sets none
	MaxResponseBytes int64 // 0 when it sets none
}

// ReadManifest reads an Extism manifest in JSON, whose paths are relative to
// dir. It refuses what it could not honour: several modules, modules to be
// downloaded, file system paths.
func ReadManifest(data []byte, dir string) (Manifest, error) {
	var m extism.Manifest
	if err := json.Unmarshal(data, &m); err != nil {
		return Manifest{}, &host.Error{Code: host.Invalid, Text: "the manifest is not an Extism manifest", Err: err}
	}
	if len(m.AllowedPaths) > 0 {
		return Manifest{}, refuseManifest("it asks for file system paths (allowed_paths); actions have no file system", "remove allowed_paths")
	}
	switch len(m.Wasm) {
	case 0:
		return Manifest{}, refuseManifest("it names no module", `add {"path": "plugin.wasm"} to "wasm"`)
	case 1:
	default:
		return Manifest{}, refuseManifest(fmt.Sprintf("it links %d modules; one module is supported", len(m.Wasm)),
			"link them into one module first, for example with wasm-merge from binaryen")
	}
	wasm, err := readWasm(m.Wasm[0], dir)
	if err != nil {
		return Manifest{}, err
	}
	out := Manifest{Wasm: wasm, AllowedHosts: m.AllowedHosts, Config: m.Config, TimeoutMillis: int64(m.Timeout)}
	out.MaxPages = int64(m.Memory.MaxPages)
	out.MaxResponseBytes = max(m.Memory.MaxHttpResponseBytes, 0)
	return out, nil
}

func refuseManifest(text, hint string) error {
	return &host.Error{Code: host.Refused, Text: "the manifest does not fit: " + text, Hint: hint}
}

func readWasm(w extism.Wasm, dir string) ([]byte, error) {
	var wasm []byte
	var hash string
	switch w := w.(type) {
	case extism.WasmData:
		wasm, hash = w.Data, w.Hash
	case extism.WasmFile:
		path := w.Path
		if !filepath.IsAbs(path) {
			path = filepath.Join(dir, path)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, &host.Error{Code: host.NotFound, Text: "read the manifest's module", Err: err}
		}
		wasm, hash = data, w.Hash
	default:
		return nil, refuseManifest("its module is to be downloaded", `download it and name it by "path", with its "hash"`)
	}
	if digest := Digest(wasm); hash != "" && !strings.EqualFold("sha256:"+hash, digest) {
		return nil, refuseManifest(fmt.Sprintf("its module has the hash %s, the manifest says %s", strings.TrimPrefix(digest, "sha256:"), hash), "")
	}
	return wasm, nil
}
