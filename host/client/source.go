package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/usherhost/usher/host"
)

// PutDraft makes source what an action is built from, and deploys it when
// deploy is true. A source that can't be built is not an error: the draft has
// failed then, with the reasons. A shared module is named by its id or its name.
func (c *Client) PutDraft(ctx context.Context, action string, source host.Source, deploy bool) (host.Draft, error) {
	var d host.Draft
	body, err := json.Marshal(source)
	if err != nil {
		return d, fmt.Errorf("encode the source of %s: %w", action, err)
	}
	r := call{
		method: http.MethodPut,
		path:   path("actions", action, "draft"),
		header: http.Header{"Content-Type": {"application/json"}},
		body:   body,
		into:   &d,
	}
	if deploy {
		r.query = params("deploy", "true")
	}
	_, err = c.do(ctx, r)
	return d, err
}

// Module returns the module of a version, by number or id.
func (c *Client) Module(ctx context.Context, action, number string) ([]byte, error) {
	var module []byte
	err := c.get(ctx, path("actions", action, "versions", number, "module"), nil, &module)
	return module, err
}
