package layers

import (
	"fmt"
	"slices"
	"strings"
)

// module is the path that our own packages begin with.
const module = "github.com/usherhost/usher/"

// Package is a package as go list describes it: its path and the imports of its
// files that are not tests.
type Package struct {
	ImportPath string
	Imports    []string
}

// Check returns one line for each import that breaks a rule, naming the rule.
// It ignores packages of other modules.
func Check(packages []Package) []string {
	var broken []string
	for _, p := range packages {
		name, ours := strings.CutPrefix(p.ImportPath, module)
		if !ours {
			continue
		}
		from, ok := find(name)
		if !ok {
			broken = append(broken, name+" has no layer: add it to host/internal/layers")
			continue
		}
		for _, path := range p.Imports {
			if reason := refuse(from, name, path); reason != "" {
				broken = append(broken, fmt.Sprintf("%s imports %s: %s", name, strings.TrimPrefix(path, module), reason))
			}
		}
	}
	return broken
}

// refuse returns why a package must not import path, or "" when it may.
func refuse(from entry, name, path string) string {
	if target, ours := strings.CutPrefix(path, module); ours {
		return refuseOurs(from, name, target)
	}
	for _, l := range libraries {
		if within(path, l.prefix) && !slices.ContainsFunc(l.importers, func(i string) bool { return within(name, i) }) {
			return fmt.Sprintf("only %s may import %s", strings.Join(l.importers, ", "), l.prefix)
		}
	}
	if from.name == "host" && strings.Contains(strings.Split(path, "/")[0], ".") {
		return "package host imports the standard library only"
	}
	return ""
}

func refuseOurs(from entry, name, target string) string {
	to, ok := find(target)
	switch {
	case !ok:
		return target + " has no layer: add it to host/internal/layers"
	case from.name == to.name:
		return refusePart(from.name, name, target)
	case within(to.name, from.name) && from.name != "host" || excepted(from, to):
		return ""
	case from.layer == tooling, from.layer == assembly && to.layer == assembly && slices.Index(packages, to) < slices.Index(packages, from):
		return ""
	case from.layer <= to.layer:
		return fmt.Sprintf("layer %d imports lower layers only, and %s is in layer %d", from.layer, to.name, to.layer)
	case from.layer < assembly && to.layer > foundation:
		return fmt.Sprintf("layer %d uses layer %d through interfaces; meet in host/cmd/usher", from.layer, to.layer)
	}
	return ""
}

// refusePart returns why a part of a package must not import target, which is
// the package or a part of it.
func refusePart(of, name, target string) string {
	order, ordered := parts[of]
	if !ordered || name == of {
		return ""
	}
	from, to := partOf(of, name), partOf(of, target)
	switch {
	case from == "" || from == to:
		return ""
	case !slices.Contains(order, from):
		return fmt.Sprintf("add %s to the parts of %s in host/internal/layers", from, of)
	case to == "":
		return fmt.Sprintf("a part does not import its package %s", of)
	case slices.Index(order, from) <= slices.Index(order, to):
		return fmt.Sprintf("of the parts of %s, %s is not below %s", of, to, from)
	}
	return ""
}

// partOf returns the first element of a package's path below its parent.
func partOf(parent, name string) string {
	part, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(name, parent), "/"), "/")
	return part
}

func excepted(from, to entry) bool {
	return slices.ContainsFunc(exceptions, func(e exception) bool { return e.from == from.name && e.to == to.name })
}

// find returns the entry of a package: the longest name that it has or lies
// below. Package host is not the parent of the others.
func find(name string) (entry, bool) {
	var found entry
	for _, e := range packages {
		if (name == e.name || e.name != "host" && within(name, e.name)) && len(e.name) > len(found.name) {
			found = e
		}
	}
	return found, found.name != ""
}

// within reports whether path is parent or lies below it.
func within(path, parent string) bool {
	return path == parent || strings.HasPrefix(path, parent+"/")
}

// Unused returns one line for each entry, exception and library that the
// packages do not need: lists name nothing that does not exist.
func Unused(all []Package) []string {
	imports := ourImports(all)
	var lines []string
	for _, e := range packages {
		if _, ok := imports[e.name]; !ok {
			lines = append(lines, "no package has the entry "+e.name)
		}
	}
	for of, names := range parts {
		for _, name := range names {
			if !slices.ContainsFunc(all, func(p Package) bool { return within(p.ImportPath, module+of+"/"+name) }) {
				lines = append(lines, fmt.Sprintf("%s has no part %s", of, name))
			}
		}
	}
	for _, e := range exceptions {
		if !slices.ContainsFunc(imports[e.from], func(path string) bool {
			to, ok := find(strings.TrimPrefix(path, module))
			return ok && to.name == e.to
		}) {
			lines = append(lines, fmt.Sprintf("%s does not import %s: remove the exception", e.from, e.to))
		}
	}
	for _, l := range libraries {
		for _, importer := range l.importers {
			if !slices.ContainsFunc(all, func(p Package) bool {
				return within(strings.TrimPrefix(p.ImportPath, module), importer) &&
					slices.ContainsFunc(p.Imports, func(path string) bool { return within(path, l.prefix) })
			}) {
				lines = append(lines, fmt.Sprintf("%s does not import %s: remove it", importer, l.prefix))
			}
		}
	}
	return lines
}

// ourImports maps the names of entries to what their packages import.
func ourImports(all []Package) map[string][]string {
	imports := map[string][]string{}
	for _, p := range all {
		if name, ours := strings.CutPrefix(p.ImportPath, module); ours {
			if e, ok := find(name); ok {
				imports[e.name] = append(imports[e.name], p.Imports...)
			}
		}
	}
	return imports
}
