package egress

import "net/netip"

// SetAllowNetworks makes networks those of [Client.AllowNetworks], for the
// connections that are opened from now on. It may be called at any time.
func (c *Client) SetAllowNetworks(networks []netip.Prefix) {
	c.allowed.Store(&networks)
	c.Close() // idle connections may lead where guests may not go any more
}

func (c *Client) networks() []netip.Prefix {
	if set := c.allowed.Load(); set != nil {
		return *set
	}
	return c.AllowNetworks
}
