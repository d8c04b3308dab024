package guest

import (
	"fmt"

	"github.com/usherhost/usher/host/internal/text"
)

// Advice words what to do when a run fails for want of a permission. What
// must be said depends on where the action runs: on a server a binding is
// changed, on the command line a flag is added. It must be safe for concurrent
// use.
type Advice interface {
	// Allow tells how action may reach origin.
	Allow(action, origin string) string
	// AllowNetwork tells how actions may reach network, which is not public.
	AllowNetwork(network string) string
	// Raise tells how to give action more of limit.
	Raise(action, limit string, value int64) string
	// SetSecret tells how action gets the secret name.
	SetSecret(action, name string) string
}

// serverAdvice names the commands for an action that runs on a server.
type serverAdvice struct{}

func (serverAdvice) Allow(action, origin string) string {
	return fmt.Sprintf("usher bindings set %s --allow %s", text.ShellQuote(action), origin)
}

func (serverAdvice) AllowNetwork(network string) string {
	return "to reach that network, start the host with: usher serve --allow-network " + network
}

func (serverAdvice) Raise(action, limit string, value int64) string {
	return fmt.Sprintf("if the action needs more: usher bindings set %s --limit %s=%d", text.ShellQuote(action), limit, value)
}

func (serverAdvice) SetSecret(action, name string) string {
	return fmt.Sprintf("usher secrets set %s %s", text.ShellQuote(action), text.ShellQuote(name))
}

// advice is the runner's, or else that of a server.
func (r *Runner) advice() Advice {
	if r.Advice == nil {
		return serverAdvice{}
	}
	return r.Advice
}
