package client

import (
	"context"
	"net/http"

	"github.com/usherhost/usher/host"
)

// Egress returns where an action may send requests, where its deployed version
// did (or all its versions) and what tightening would make of it.
func (c *Client) Egress(ctx context.Context, action string, allVersions bool) (host.EgressReport, error) {
	query := params()
	if allVersions {
		query.Set("all_versions", "true")
	}
	var report host.EgressReport
	err := c.get(ctx, path("actions", action, "egress"), query, &report)
	return report, err
}

// Tightening is how an action's egress is tightened.
type Tightening struct {
	AllVersions bool     `json:"all_versions,omitempty"` // go by what every version reached, not the deployed one alone
	Expect      []string `json:"expect,omitempty"`       // the list that was shown; Conflict when it would be another by now
	Force       bool     `json:"force,omitempty"`        // also when nothing was reached yet, or not everything can be listed
}

// TightenEgress lets an action send requests to the origins that it reached,
// and to no others. It returns what holds now.
func (c *Client) TightenEgress(ctx context.Context, action string, t Tightening) (host.EgressReport, error) {
	var report host.EgressReport
	err := c.send(ctx, http.MethodPost, path("actions", action, "egress", "tighten"), t, &report)
	return report, err
}
