package extism

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	sdk "github.com/extism/go-sdk"

	"github.com/usherhost/usher/host"
)

// Manifest holds those settings of an Extism manifest that Usher supports.
type Manifest struct {
	Wasm             []byte
	AllowedHosts     []string
	Config           map[string]string
	TimeoutMillis    int64 // 0 when it sets none
	MaxPages         int64 // of 64 KiB; 0 when it sets none
	MaxResponseBytes int64 // 0 when it sets none
}

// ReadManifest reads an Extism manifest in JSON, whose paths are relative to
// dir. Of several modules the last, or the one named "main", is the plugin, and
// the others are linked into it. It refuses what Usher does not support: modules to
// be downloaded, file system paths.
func ReadManifest(data []byte, dir string) (Manifest, error) {
	var m sdk.Manifest
	if err := json.Unmarshal(data, &m); err != nil {
		return Manifest{}, &host.Error{Code: host.Invalid, Text: "the manifest is not an Extism manifest", Err: err}
	}
	if len(m.AllowedPaths) > 0 {
		return Manifest{}, refuseManifest("it asks for file system paths (allowed_paths); actions have no file system", "remove allowed_paths")
	}
	if len(m.Wasm) == 0 {
		return Manifest{}, refuseManifest("it names no module", `add {"path": "plugin.wasm"} to "wasm"`)
	}
	wasm, err := readModules(m.Wasm, dir)
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

// readModules returns the plugin with the modules that it links.
func readModules(modules []sdk.Wasm, dir string) ([]byte, error) {
	plugin := len(modules) - 1
	var links []Link
	for n, w := range modules {
		if _, name, err := readWasm(w, dir); err != nil {
			return nil, err
		} else if name == "main" {
			plugin = n
		}
	}
	for n, w := range modules {
		wasm, name, _ := readWasm(w, dir)
		if n == plugin {
			continue
		}
		if name == "" {
			return nil, refuseManifest(fmt.Sprintf("module %d of %d has no name to be linked by", n+1, len(modules)), `give it a "name"`)
		}
		links = append(links, Link{name, wasm})
	}
	wasm, _, err := readWasm(modules[plugin], dir)
	if err != nil || len(links) == 0 {
		return wasm, err
	}
	return Bundle(wasm, links), nil
}

func readWasm(w sdk.Wasm, dir string) (wasm []byte, name string, err error) {
	var hash string
	switch w := w.(type) {
	case sdk.WasmData:
		wasm, hash, name = w.Data, w.Hash, w.Name
	case sdk.WasmFile:
		path := w.Path
		if !filepath.IsAbs(path) {
			path = filepath.Join(dir, path)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, "", &host.Error{Code: host.NotFound, Text: "read the manifest's module", Err: err}
		}
		wasm, hash, name = data, w.Hash, w.Name
	default:
		return nil, "", refuseManifest("its module is to be downloaded", `download it and name it by "path", with its "hash"`)
	}
	if digest := host.Digest(wasm); hash != "" && !strings.EqualFold("sha256:"+hash, digest) {
		return nil, "", refuseManifest(fmt.Sprintf("its module has the hash %s, the manifest says %s", strings.TrimPrefix(digest, "sha256:"), hash), "")
	}
	return wasm, name, nil
}
