package egress_test

import (
	"net/http"
	"testing"

	"github.com/usherhost/usher/host"
)

func TestNetworksThatAreSetCountForWhatComesNext(t *testing.T) {
	t.Parallel()
	server := serve(t, func(http.ResponseWriter, *http.Request) {})
	c := open(t)
	mustSend(t, c, get(server.URL, server.URL))
	c.SetAllowNetworks(nil) // an idle connection is there
	mustFail(t, c, get(server.URL, server.URL), host.EgressRefused)
	c.SetAllowNetworks(loopback)
	mustSend(t, c, get(server.URL, server.URL))
}
