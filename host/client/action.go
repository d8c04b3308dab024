package client

import (
	"context"
	"net/http"

	"github.com/usherhost/usher/host"
)

// Actions returns the actions for a trigger, all when trigger is "".
func (c *Client) Actions(ctx context.Context, trigger host.Trigger) ([]host.Action, error) {
	var answer struct {
		Actions []host.Action `json:"actions"`
	}
	err := c.get(ctx, path("actions"), params("trigger", string(trigger)), &answer)
	return answer.Actions, err
}

// CreateAction makes an action without versions.
func (c *Client) CreateAction(ctx context.Context, name string, trigger host.Trigger, secrets ...host.SecretWrite) (host.Action, error) {
	body := struct {
		Name    string             `json:"name"`
		Trigger host.Trigger       `json:"trigger"`
		Secrets []host.SecretWrite `json:"secrets,omitempty"`
	}{name, trigger, secrets}
	var a host.Action
	err := c.send(ctx, http.MethodPost, path("actions"), body, &a)
	return a, err
}

// Action returns an action by id or name.
func (c *Client) Action(ctx context.Context, action string) (host.Action, error) {
	var a host.Action
	err := c.get(ctx, path("actions", action), nil, &a)
	return a, err
}

// DeleteAction deletes an action, and returns how many of its steps were canceled in
// executions that have not ended. One that is bound is a conflict, unless force unbinds it.
func (c *Client) DeleteAction(ctx context.Context, action string, force bool) (canceledSteps int, err error) {
	var answer struct {
		CanceledSteps int `json:"canceled_steps"`
	}
	r := call{method: http.MethodDelete, path: path("actions", action), repeat: true, into: &answer}
	if force {
		r.query = params("force", "true")
	}
	_, err = c.do(ctx, r)
	return answer.CanceledSteps, err
}
