package bootstrap

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// chunk is a script of the runtime. Scripts that it needs come before it.
type chunk struct {
	name   string
	script []byte
	needs  []string
}

// bundleRuntime bundles src/main.js of a folder and the parts that some actions need. The
// code that they share is in chunks of its own.
func bundleRuntime(dir string) (map[string]chunk, error) {
	root, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	var aliases map[string]string
	if err := readJSON(filepath.Join(root, "aliases.json"), &aliases); err != nil {
		return nil, err
	}
	var patches []packagePatch
	if err := readJSON(filepath.Join(root, "patches.json"), &patches); err != nil {
		return nil, err
	}
	entries, err := filepath.Glob(filepath.Join(root, "src", "parts", "*.js"))
	if err != nil {
		return nil, err
	}
	built := api.Build(api.BuildOptions{
		EntryPoints:   append(entries, filepath.Join(root, "src", "main.js")),
		AbsWorkingDir: root,
		Alias:         aliases,

		Bundle:     true,
		Splitting:  true,
		Format:     api.FormatESModule,
		Outdir:     "/",
		Metafile:   true,
		Platform:   api.PlatformBrowser,
		MainFields: []string{"module", "main"},
		Target:     api.ESNext,
		KeepNames:  true,

		MinifyWhitespace:  true,
		MinifySyntax:      true,
		MinifyIdentifiers: true,

		LegalComments: api.LegalCommentsNone,
		LogLevel:      api.LogLevelWarning,
		Plugins:       []api.Plugin{patched(patches)},
	})
	if len(built.Errors) > 0 {
		return nil, errors.New("bundle the runtime: " + built.Errors[0].Text)
	}
	return chunksOf(built)
}

// packagePatch is a change of a package, at one or more places of a file.
type packagePatch struct{ File, From, To string }

// patched applies patches to the packages of node_modules.
func patched(patches []packagePatch) api.Plugin {
	byFile := map[string][]packagePatch{}
	for _, p := range patches {
		byFile[p.File] = append(byFile[p.File], p)
	}
	return api.Plugin{Name: "usher-patch", Setup: func(build api.PluginBuild) {
		for file, list := range byFile {
			filter := "/node_modules/" + regexp.QuoteMeta(file) + "$"
			build.OnLoad(api.OnLoadOptions{Filter: filter}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
				code, err := os.ReadFile(args.Path)
				if err != nil {
					return api.OnLoadResult{}, err
				}
				text := string(code)
				for _, p := range list {
					if !strings.Contains(text, p.From) {
						return api.OnLoadResult{}, fmt.Errorf("%s lacks what patches.json replaces (%s): look whether it still needs that", file, p.From)
					}
					text = strings.ReplaceAll(text, p.From, p.To)
				}
				return api.OnLoadResult{Contents: &text, Loader: api.LoaderJS}, nil
			})
		}
	}}
}

func readJSON(file string, into any) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("read %s: %w", file, err)
	}
	return nil
}

// chunksOf makes scripts of the modules that esbuild made, by their names.
func chunksOf(built api.BuildResult) (map[string]chunk, error) {
	var meta struct {
		Outputs map[string]struct {
			Imports []struct{ Path string }
		}
	}
	if err := json.Unmarshal([]byte(built.Metafile), &meta); err != nil {
		return nil, fmt.Errorf("read esbuild's metafile of the runtime: %w", err)
	}
	chunks := map[string]chunk{}
	for name, out := range meta.Outputs {
		c := chunk{name: base(name)}
		for _, i := range out.Imports {
			c.needs = append(c.needs, base(i.Path))
		}
		chunks[c.name] = c
	}
	for _, file := range built.OutputFiles {
		c := chunks[base(file.Path)]
		script, err := scriptOf(c.name, file.Contents)
		if err != nil {
			return nil, err
		}
		c.script = script
		chunks[c.name] = c
	}
	return chunks, nil
}

// base is a chunk's name: its file's without folder and extension.
func base(file string) string { return strings.TrimSuffix(path.Base(file), ".js") }

// scriptOf makes a module a script that hands itself to the loader.
func scriptOf(name string, module []byte) ([]byte, error) {
	made := api.Transform(string(module), api.TransformOptions{
		Format: api.FormatCommonJS, Target: api.ESNext,
		MinifyWhitespace: true, MinifySyntax: true, MinifyIdentifiers: true,
	})
	if len(made.Errors) > 0 {
		return nil, fmt.Errorf("make %s a script: %s", name, made.Errors[0].Text)
	}
	return fmt.Appendf(nil, "__part(%q,function(module,exports,require){%s})", name, made.Code), nil
}

// loader is the first script of the runtime. It keeps the others' exports.
const loader = `globalThis.__part = (() => {
  const parts = new Map();
  const require = (id) => parts.get(id.replace(/^.*\/|\.js$/g, "")).exports;
  return (name, f) => {
    const module = { exports: {} };
    parts.set(name, module);
    f(module, module.exports, require);
  };
})();`

// inOrder returns name and what it needs, each after what itself needs.
func inOrder(chunks map[string]chunk, name string, into []string) []string {
	if slices.Contains(into, name) {
		return into
	}
	for _, n := range chunks[name].needs {
		into = inOrder(chunks, n, into)
	}
	return append(into, name)
}
