package daemon

import (
	"net"
	"net/netip"
	"path/filepath"

	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/profiles"
	"github.com/usherhost/usher/host/settings"
)

// RecordProfile makes or updates the profile with which the commands find this host
// from any folder. The name may be empty. Its failure is only a note: the host does not
// need it.
func RecordProfile(t term.Terminal, cfg settings.Config, file profiles.File, name string, l net.Listener, tls bool) {
	url := urlOf(cfg, l, tls)
	data, err := filepath.Abs(cfg.Data)
	if file.Path == "" || url == "" || err != nil {
		return
	}
	done, err := file.RecordHost(data, url, name)
	switch {
	case err != nil:
		t.Note("usher: no profile was written: %s", err)
	case done.Name == done.Current && (done.New || done.Was != done.Current):
		t.Note("usher: the commands find this host from any folder, by the profile %s", done.Name)
	case done.New:
		t.Note("usher: the commands find this host from any folder with --profile %s, or after: usher profiles use %s\n"+
			"usher: the current profile is %s", done.Name, done.Name, done.Current)
	}
}

// urlOf returns the URL at which this machine reaches a listener, "" for that of a
// unix socket.
func urlOf(cfg settings.Config, l net.Listener, tls bool) string {
	address, err := netip.ParseAddrPort(l.Addr().String())
	if err != nil {
		return ""
	}
	if address.Addr().IsUnspecified() {
		address = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), address.Port())
	}
	switch {
	case tls && !cfg.TLSDev && cfg.PublicURL != "": // the certificate names it
		return cfg.PublicURL
	case tls:
		return "https://" + address.String()
	default:
		return "http://" + address.String()
	}
}
