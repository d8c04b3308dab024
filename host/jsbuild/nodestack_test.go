package jsbuild_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/usherhost/usher/host/internal/jstest"
	"github.com/usherhost/usher/host/jsbuild/bundle"
)

// TestStacksNameTheFramesThatNodeNames runs actions that fail in Node and here, and
// compares the functions and lines of their own files and packages in the stacks.
func TestStacksNameTheFramesThatNodeNames(t *testing.T) {
	t.Parallel()
	dir := stackProject(t)
	for file, want := range inNode(t, dir) {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			kit := jstest.Shared(t)
			code, err := os.ReadFile(filepath.Join(dir, file))
			if err != nil {
				t.Fatal(err)
			}
			built, err := kit.Builder.Build(t.Context(), bundle.Source{Name: file, Code: code, Dir: dir})
			if err != nil {
				t.Fatal(err)
			}
			result, _, err := kit.Run(t.Context(), built.Module, jstest.Run{})
			if err != nil {
				t.Fatal(err)
			}
			if result.Error == nil || result.Error.Message != want.Message {
				t.Fatalf("error %+v, in Node %q", result.Error, want.Message)
			}
			got, node := framesIn(result.Error.Stack, dir), framesIn(want.Stack, dir)
			if !slices.Equal(got, node) {
				t.Errorf("frames\n\t%s\nin Node\n\t%s\nstack:\n%s\nin Node:\n%s", strings.Join(got, "\n\t"), strings.Join(node, "\n\t"), result.Error.Stack, want.Stack)
			}
		})
	}
}

// stackProject returns a folder with the actions and their packages.
func stackProject(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", "stacks"))); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(dir, "packages"), filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	return dir
}

type nodeFailure struct{ Message, Stack string }

// inNode runs the actions in Node and returns their failures by file.
func inNode(t *testing.T, dir string) (failures map[string]nodeFailure) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "node", "node.cjs")
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out, &failures); err != nil || len(failures) == 0 {
		t.Fatalf("%v in %s", err, out)
	}
	return failures
}

var combinator = regexp.MustCompile(`^\s+at (async Promise\.\w+ \(index \d+\))`)

var stackFrame = regexp.MustCompile(`^\s+at (async )?(?:(.*?) \()?([^()]+?)(?:[:.](\d+)(?::\d+)?)?\)?$`)

// framesIn returns the frames of a stack that are of the project's files, each as
// "async function file:line". Node also knows the objects of methods; frames of the
// driver and of the runtimes themselves are left out, as are what caused the error.
func framesIn(stack, dir string) (frames []string) {
	for line := range strings.SplitSeq(stack, "\n") {
		if strings.HasSuffix(line, " {") {
			frames = append(frames, framesIn(strings.TrimSuffix(line, " {"), dir)...)
			break
		}
		if m := combinator.FindStringSubmatch(line); m != nil {
			frames = append(frames, m[1])
			continue
		}
		m := stackFrame.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		file := strings.TrimPrefix(m[3], dir+"/")
		if strings.HasPrefix(file, "/") || strings.HasPrefix(file, "node:") || file == "node.cjs" || !strings.Contains(file, ".js") {
			continue
		}
		name := functionOf(m[2])
		if strings.HasPrefix(file, "node_modules/") && strings.HasPrefix(m[2], "exports.") || name == "_onTimeout" {
			name = "" // V8 names a nameless function by the first place that it was stored in
		}
		frames = append(frames, strings.TrimLeft(m[1]+name+" "+file+":"+m[4], " "))
	}
	return frames
}

// functionOf returns a frame's function without its object.
func functionOf(name string) string {
	name, _, _ = strings.Cut(name, " [as ")
	construct := strings.HasPrefix(name, "new ")
	name = name[strings.LastIndexAny(name, ". ")+1:]
	if name == "<anonymous>" {
		name = ""
	}
	if construct {
		name = "new " + name
	}
	return name
}
