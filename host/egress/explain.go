package egress

import (
	"context"
	"net/netip"
	"strings"

	"github.com/usherhost/usher/host"
)

// Explanation reports whether a request would be sent, and why.
type Explanation struct {
	URL       string              `json:"url"`    // as it would be sent
	Origin    string              `json:"origin"` // of URL
	Allowed   bool                `json:"allowed"`
	By        string              `json:"by,omitempty"`        // what allows the origin: an allowed host or "mode public"
	Proxy     string              `json:"proxy,omitempty"`     // that it would go through
	Addresses []ExplainedAddress  `json:"addresses,omitempty"` // what the host resolves to now
	Failure   *host.EgressFailure `json:"-"`                   // the failure of Send, unless Allowed
	Code      host.EgressCode     `json:"code,omitempty"`      // of Failure
	Rule      string              `json:"rule,omitempty"`      // of Failure
	Network   string              `json:"network,omitempty"`   // of Failure
	Message   string              `json:"message,omitempty"`   // of Failure
}

// ExplainedAddress is the verdict on one address.
type ExplainedAddress struct {
	Address string `json:"address"`
	Allowed bool   `json:"allowed"`
	By      string `json:"by,omitempty"`      // what allows it: "public address" or the allowed network
	Rule    string `json:"rule,omitempty"`    // what refuses it
	Network string `json:"network,omitempty"` // what the operator would have to allow
}

// Explain reports whether a guest under e could send a request to rawURL. It
// looks the name up but connects nowhere. A URL is allowed when at least one
// address is: the others are passed over when dialling. The answer holds for
// now: each connection is checked by itself.
func (c *Client) Explain(ctx context.Context, e host.Egress, rawURL string) Explanation {
	t, problem := parseTarget(rawURL)
	if problem != "" {
		return Explanation{URL: rawURL}.failed(invalidURL(rawURL, problem))
	}
	out := Explanation{URL: t.url.String(), Origin: t.origin.String()}
	by, failure := newPolicy(e).check(t.origin)
	if failure != nil {
		return out.failed(failure)
	}
	out.By = by
	if !e.Proxy.IsZero() {
		r := &route{}
		if failure := c.readProxy(r, &host.HTTPRequest{Egress: e}); failure != nil {
			return out.failed(failure)
		}
		out.Proxy = r.name
	}
	addrs, err := c.resolver().LookupNetIP(ctx, "ip", t.origin.Host)
	if err != nil && out.Proxy != "" && by != byPublic {
		out.Allowed = true // the proxy may know the name
		return out
	}
	if err != nil {
		return out.failed(unreached(t.origin, err))
	}
	return c.explainAddresses(out, t.origin, addrs)
}

func (c *Client) explainAddresses(out Explanation, o Origin, addrs []netip.Addr) Explanation {
	var first *host.EgressFailure
	for _, addr := range addrs {
		v := c.judge(netip.AddrPortFrom(addr.Unmap(), o.Port))
		out.Addresses = append(out.Addresses, ExplainedAddress{
			Address: addr.Unmap().String(), Allowed: v.rule == "", By: v.by, Rule: v.rule, Network: v.network,
		})
		if v.rule == "" {
			out.Allowed = true
		} else if first == nil {
			first = refusedAddress(o, v)
		}
	}
	if out.Proxy != "" && first != nil { // the proxy may take any of them
		out.Allowed = false
	}
	if !out.Allowed && first != nil {
		return out.failed(first)
	}
	return out
}

func (e Explanation) failed(f *host.EgressFailure) Explanation {
	e.Failure, e.Code, e.Rule, e.Network, e.Message = f, f.Code, f.Rule, f.Network, f.Message
	return e
}

func (e Explanation) through() string {
	if e.Proxy == "" {
		return ""
	}
	return ", through the proxy " + e.Proxy
}

// String returns the explanation in a few lines.
func (e Explanation) String() string {
	var b strings.Builder
	if e.Allowed {
		b.WriteString(e.URL + " is allowed by " + e.By + e.through() + "\n")
	} else {
		b.WriteString(e.URL + " is not allowed: " + e.Message + "\n")
	}
	for _, a := range e.Addresses {
		if a.Allowed {
			b.WriteString("  " + a.Address + ": allowed, " + a.By + "\n")
			continue
		}
		b.WriteString("  " + a.Address + ": refused, " + a.Rule)
		if a.Network != "" {
			b.WriteString(" (the operator can allow " + a.Network + ")")
		}
		b.WriteString("\n")
	}
	return b.String()
}
