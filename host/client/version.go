package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/usherhost/usher/host"
)

const mimeWasm = "application/wasm"

// Versions returns an action's versions, newest first.
func (c *Client) Versions(ctx context.Context, action string) ([]host.Version, error) {
	var answer struct {
		Versions []host.Version `json:"versions"`
	}
	err := c.get(ctx, path("actions", action, "versions"), nil, &answer)
	return answer.Versions, err
}

// Version returns one version of an action, by number or id.
func (c *Client) Version(ctx context.Context, action, number string) (host.Version, error) {
	var v host.Version
	err := c.get(ctx, path("actions", action, "versions", number), nil, &v)
	return v, err
}

// CreateVersion uploads a module with its manifest as a new version, and
// deploys it when deploy is true.
func (c *Client) CreateVersion(ctx context.Context, action string, wasm []byte, m host.Manifest, deploy bool) (host.Version, error) {
	body, kind, err := uploadForm(wasm, m)
	if err != nil {
		return host.Version{}, fmt.Errorf("upload a version of %s: %w", action, err)
	}
	var v host.Version
	r := call{
		method: http.MethodPost,
		path:   path("actions", action, "versions"),
		header: http.Header{"Content-Type": {kind}},
		body:   body,
		into:   &v,
	}
	if deploy {
		r.query = params("deploy", "true")
	}
	_, err = c.do(ctx, r)
	return v, err
}

func uploadForm(wasm []byte, m host.Manifest) (body []byte, kind string, err error) {
	manifest, err := json.Marshal(m)
	if err != nil {
		return nil, "", fmt.Errorf("encode the manifest: %w", err)
	}
	return form([]formPart{{"manifest", "manifest.json", "application/json", manifest}, {"module", "module.wasm", mimeWasm, wasm}})
}

// Deploy makes a version, by number or id, the one that runs.
func (c *Client) Deploy(ctx context.Context, action, number string) (host.Version, error) {
	var v host.Version
	_, err := c.do(ctx, call{
		method: http.MethodPost,
		path:   path("actions", action, "versions", number, "deploy"),
		repeat: true, // deploying twice is deploying once
		into:   &v,
	})
	return v, err
}

// Inspect describes a module without storing it.
func (c *Client) Inspect(ctx context.Context, wasm []byte) (host.Inspection, error) {
	var i host.Inspection
	_, err := c.do(ctx, call{
		method: http.MethodPost,
		path:   path("inspect"),
		header: http.Header{"Content-Type": {mimeWasm}},
		body:   wasm,
		repeat: true,
		into:   &i,
	})
	return i, err
}
