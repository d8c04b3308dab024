package egress

import (
	"fmt"
	"strings"

	"github.com/usherhost/usher/host"
)

// RuleNotAllowed is the Rule of a refusal that an entry in the binding's
// allowed hosts would lift.
const RuleNotAllowed = "not in allowed hosts"

// RulePort is the Rule of a refusal in public mode for the port alone.
const RulePort = "port of another protocol"

// Check reports whether e lets a request go to rawURL, by its origin alone; the
// address it resolves to is checked when it is dialled.
func Check(e host.Egress, rawURL string) (Origin, *host.EgressFailure) {
	t, problem := parseTarget(rawURL)
	if problem != "" {
		return Origin{}, invalidURL(rawURL, problem)
	}
	if _, failure := newPolicy(e).check(t.origin); failure != nil {
		return t.origin, failure
	}
	return t.origin, nil
}

// byPublic is what lets an origin pass that no entry lists.
const byPublic = "mode public"

// policy is a [host.Egress], read. What can't be read in it allows nothing.
type policy struct {
	public bool
	allow  []Origin
}

func newPolicy(e host.Egress) policy {
	p := policy{public: e.Mode == host.EgressPublic}
	for _, entry := range e.Allow {
		if o, err := ParseOrigin(entry); err == nil {
			p.allow = append(p.allow, o)
		}
	}
	return p
}

// check returns what allows o ("https://*.example.com", "mode public"), or
// the refusal.
func (p policy) check(o Origin) (by string, failure *host.EgressFailure) {
	for _, allowed := range p.allow {
		if allowed.Covers(o) {
			return allowed.String(), nil
		}
	}
	if !p.public {
		return "", refused(RuleNotAllowed, o, fmt.Sprintf("%s is not in the allowed hosts (%s)", o, p.list()))
	}
	if o.Port < 1024 && o.Port != 80 && o.Port != 443 {
		return "", refused(RulePort, o, fmt.Sprintf(
			"%s has the port of a protocol other than HTTP; mode public reaches 80, 443 and those from 1024 (add it to the allowed hosts)", o))
	}
	return byPublic, nil
}

// list names the allowed origins, so that a typing error is seen.
func (p policy) list() string {
	const most = 8
	if len(p.allow) == 0 {
		return "none is allowed"
	}
	var names []string
	for i, o := range p.allow {
		if i == most {
			names = append(names, fmt.Sprintf("%d more", len(p.allow)-most))
			break
		}
		names = append(names, o.String())
	}
	return "allowed: " + strings.Join(names, ", ")
}
