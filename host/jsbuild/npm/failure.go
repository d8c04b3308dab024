package npm

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/child"
)

// exceededBy returns the error of an npm that went over a limit. The time limit is
// the registry's fault, every other the list's.
func exceededBy(over *child.LimitError, r request) error {
	if over.Kind == child.WallTime {
		return &host.Error{
			Code: host.Unavailable, Text: "npm was stopped after " + over.Limit + ": its registry" + registryNote(r) + " did not answer in time",
			Hint: "check that the registry answers, and build again",
		}
	}
	return failure(host.BuildMessage{
		Text: "npm took more than " + over.Amount() + " to install the packages",
		Hint: fewer,
	})
}

// npmError is npm's JSON output when it fails.
type npmError struct {
	Error struct {
		Code    string `json:"code"`
		Summary string `json:"summary"`
		Detail  string `json:"detail"`
	} `json:"error"`
}

// parseError reads npm's output. Notices may precede its JSON.
func parseError(out []byte) npmError {
	var f npmError
	if at := bytes.IndexByte(out, '{'); at >= 0 && json.Unmarshal(out[at:], &f) == nil && f.Error.Code != "" {
		return f
	}
	f.Error.Summary = lastLines(string(out))
	return f
}

var (
	unreachable = regexp.MustCompile(`^(?:ECONN|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ENET|EHOST|ERR_SOCKET|E5\d\d)`)
	noPackage   = regexp.MustCompile(`'?((?:@[\w.~-]+/)?[\w.~-]+)@([^\s']*)'? (?:is not in this registry|could not be found)`)
	noVersion   = regexp.MustCompile(`No matching version found for ((?:@[\w.~-]+/)?[\w.~-]+)@(\S.*?)\.?\s*(?:$|\n)`)
)

// explain turns npm's output into an error that the action's author can act on.
func (p *Packages) explain(ctx context.Context, dir string, r request, out []byte) error {
	f := parseError(out)
	whole := f.Error.Summary + "\n" + f.Error.Detail
	if m := noVersion.FindStringSubmatch(whole); m != nil && f.Error.Code == "ETARGET" {
		return failure(p.noVersion(ctx, dir, r, m[1], m[2]))
	}
	switch f.Error.Code {
	case "E404":
		name := "a package on the list"
		if m := noPackage.FindStringSubmatch(whole); m != nil {
			name = fmt.Sprintf("package %q", m[1])
		}
		return failure(host.BuildMessage{
			Text: name + " does not exist in the registry" + registryNote(r),
			Hint: "check its spelling; a private package needs its registry and the host's access to it",
		})
	case "E401", "E403", "ENEEDAUTH":
		return failure(host.BuildMessage{
			Text: "the registry refuses a package" + registryNote(r) + ": " + f.Error.Summary,
			Hint: "give npm on this machine access: npm login, or a token in its .npmrc",
		})
	case "ENOGIT", "EALLOWGIT", "EALLOWREMOTE", "EALLOWFILE", "EALLOWDIRECTORY":
		return failure(host.BuildMessage{
			Text: "a package on the list needs another one that is in no registry: " + firstLine(f.Error.Summary),
			Hint: "use a version of it that only needs packages from a registry",
		})
	case "ERESOLVE":
		return failure(host.BuildMessage{
			Text: "the packages conflict: " + firstLine(cmp.Or(f.Error.Detail, f.Error.Summary)),
			Hint: "choose versions that need the same version of the packages they share",
		})
	case "EINTEGRITY":
		return failure(host.BuildMessage{
			Text: "a package does not match the checksum in its registry: " + f.Error.Summary,
			Hint: "try again; if it fails again, the registry or a cache in front of it is broken",
		})
	}
	if unreachable.MatchString(f.Error.Code) {
		return unreachableRegistry(r, f.Error.Code)
	}
	return fmt.Errorf("install packages: npm: %s", strings.TrimSpace(f.Error.Code+" "+f.Error.Summary))
}

func (p *Packages) noVersion(ctx context.Context, dir string, r request, name, version string) host.BuildMessage {
	m := host.BuildMessage{Text: fmt.Sprintf("package %q has no version %s", name, version), Hint: "list its versions: npm view " + name + " versions"}
	out, err := p.npm(ctx, dir, r, "view", name, "dist-tags.latest", "--json", "--loglevel=error")
	var newest string
	if err == nil && json.Unmarshal(out, &newest) == nil && newest != "" {
		m.Text += "; the newest is " + newest
		m.Hint = fmt.Sprintf("ask for %s, or for latest", newest)
	}
	return m
}

func unreachableRegistry(r request, why string) error {
	return fmt.Errorf("install packages: the registry%s cannot be reached (%s): check the network and the registry setting, or build offline from the cache", registryNote(r), why)
}

func registryNote(r request) string {
	if r.registry == "" {
		return ""
	}
	return " " + r.registry
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line
}

// lastLines returns the end of a program's output, which names the reason.
func lastLines(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-5):], "\n")
}
