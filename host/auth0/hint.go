package auth0

import (
	"fmt"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/web"
)

// fixes word a fix as a request of Auth0's API. What that API can't do is worded
// as everywhere.
var fixes = map[host.FixVerb]string{
	host.FixListActions:  "list the actions: GET /actions/actions",
	host.FixListVersions: "list its versions: GET /actions/actions/{id}/versions",
	host.FixListBindings: "list the bindings: GET /actions/triggers/{triggerId}/bindings",
	host.FixCreateAction: "create an action that supports the trigger {trigger}: POST /actions/actions",
	host.FixDeploy:       "deploy the action {action}: POST /actions/actions/{id}/deploy",
	host.FixDeleteAction: "unbind and delete it: DELETE /actions/actions/{id}?force=true",
	host.FixBind:         "bind the action {action}: PATCH /actions/triggers/{triggerId}/bindings",
	host.FixSetSecret:    "set the secret {secret} of the action {action}: PATCH /actions/actions/{id}",
}

// hint joins a hint and a fix in Auth0's terms.
func hint(h string, fix *host.Fix) string {
	return web.JoinHint(h, fix, func(f host.Fix) string {
		if template, ok := fixes[f.Verb]; ok {
			return f.Fill(template, func(arg string) string { return fmt.Sprintf("%q", arg) })
		}
		return web.Words(f)
	})
}
