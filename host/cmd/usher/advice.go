package main

import (
	"fmt"
)

// localAdvice is the advice for an action that runs here, without a server:
// what is missing is a flag of this command, or a line of the action.yaml.
type localAdvice struct{ folder bool }

// Allow implements guest.Advice.
func (l localAdvice) Allow(_, origin string) string {
	return "add --allow " + origin + l.or("allowed_hosts", origin)
}

// AllowNetwork implements guest.Advice.
func (localAdvice) AllowNetwork(network string) string {
	return "to reach that network from here, add --allow-network " + network
}

// Raise implements guest.Advice.
func (l localAdvice) Raise(_, limit string, value int64) string {
	return fmt.Sprintf("if the action needs more: add --limit %s=%d%s", limit, value, l.or("limits", fmt.Sprintf("%s: %d", limit, value)))
}

// SetSecret implements guest.Advice.
func (localAdvice) SetSecret(_, name string) string {
	return "add --secret " + name + "=VALUE, or export " + name + " and add --secret " + name
}

// or names the place in the action.yaml that says the same for good.
func (l localAdvice) or(key, value string) string {
	if !l.folder {
		return ""
	}
	return ", or " + value + " under " + key + " in " + actionFileName
}
