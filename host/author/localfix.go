package author

import (
	"slices"
	"strings"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/desired"
	"github.com/usherhost/usher/host/internal/text"
	"github.com/usherhost/usher/host/web"
)

// localFixes word the fixes of an action that runs here, without a server: what
// is missing is a flag of this command, or a line of the action.yaml.
type localFixes struct {
	folder   bool     // the action has an action.yaml
	declared []string // secrets that it declares there
}

func (j *job) fixes() localFixes { return localFixes{j.folder, j.declared} }

func (l localFixes) result(r host.Result) host.Result { return web.WordResult(r, l.words) }

func (l localFixes) words(f host.Fix) string {
	switch f.Verb {
	case host.FixAllowOrigin:
		return f.Fill("add --allow {origin}"+l.or("{origin} under settings.egress.allow"), text.ShellQuote)
	case host.FixAllowNetwork:
		return f.Fill("to reach that network from here, add --allow-network {network}", text.ShellQuote)
	case host.FixAllowProxy:
		return f.Fill("to use that proxy from here, add --allow-proxy {proxy}", text.ShellQuote)
	case host.FixRaiseLimit:
		look := ""
		if slices.Contains(f.Args, "fuel") {
			look = "see what uses it with usher profile; "
		}
		return look + f.Fill("if the action needs more: add --limit {limit}={value}"+l.or("{limit}: {value} under settings.limits"), text.ShellQuote)
	case host.FixSetSecret:
		declare := ""
		if secret := f.Args[len(f.Args)-1]; l.folder && !slices.Contains(l.declared, secret) {
			declare = "declare it in " + desired.FileName + " (secrets: [" + strings.Join(append(slices.Clip(l.declared), secret), ", ") + "]), and "
		}
		return declare + f.Fill("put the line {secret}=VALUE into .env beside the action, or add --secret {secret}=VALUE", text.ShellQuote)
	default:
		return web.Words(f)
	}
}

// or names the line of the action.yaml that has the same effect in every run.
func (l localFixes) or(line string) string {
	if !l.folder {
		return ""
	}
	return ", or " + line + " in " + desired.FileName
}
