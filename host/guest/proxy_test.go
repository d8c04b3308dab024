package guest_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/egress"
	"github.com/usherhost/usher/host/internal/guests"
	"github.com/usherhost/usher/host/web"
)

// withProxy gives w a proxy that answers by itself, for a user and a password in secrets.
func withProxy(t *testing.T, w *world) (url string) {
	t.Helper()
	want := "Basic " + base64.StdEncoding.EncodeToString([]byte("ada:proxy-pass-1"))
	proxy := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Proxy-Authorization") != want {
			rw.WriteHeader(http.StatusProxyAuthRequired)
			return
		}
		_, _ = rw.Write([]byte("by proxy: " + r.RequestURI))
	}))
	t.Cleanup(proxy.Close)
	w.Egress.(*egress.Client).SetAllowProxies([]string{proxy.URL})
	w.settings.Egress.Proxy = host.Proxy{URL: proxy.URL + "/", UserSecret: "USER", PasswordSecret: "PASSWORD"}
	w.store.secrets["USER"], w.store.secrets["PASSWORD"] = "ada", "proxy-pass-1"
	return proxy.URL
}

func TestARunUsesTheProxyOfItsBindingAndSaysSo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	proxy := withProxy(t, w)
	result, _ := w.run(t, "script", guests.Step{Function: "http_send", Argument: `{"url":"` + w.receiver.URL + `/a"}`})
	if !result.Succeeded {
		t.Fatal(result.Error)
	}
	if note := result.Calls[len(result.Calls)-1]; note.Proxy != proxy || note.Status != 200 {
		t.Errorf("note %+v", note)
	}
	if answers := guests.Answers(result.Output); !strings.Contains(string(answers[0]), "by proxy: "+w.receiver.URL+"/a") {
		t.Errorf("answer %q", answers)
	}
	shown, _ := json.Marshal(result)
	for _, secret := range []string{"proxy-pass-1", base64.StdEncoding.EncodeToString([]byte("ada:proxy-pass-1"))} {
		if strings.Contains(string(shown), secret) {
			t.Errorf("the result shows %q", secret)
		}
	}
}

func TestAFailureOfTheProxyHelpsAndShowsNoPassword(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	proxy := withProxy(t, w)
	send := []guests.Step{
		{Function: "http_send", Argument: `{"url":"` + w.receiver.URL + `/a"}`},
		{Function: "error_set", Argument: "no"},
		{Function: "return", Argument: "\x01"},
	}
	w.store.secrets["PASSWORD"] = "wrong-pass-2"
	result, _ := w.run(t, "script", send...)
	shown, _ := json.Marshal(result)
	if !strings.Contains(string(shown), "does not accept the user and password") || strings.Contains(string(shown), "wrong-pass-2") {
		t.Errorf("with another password: %s", shown)
	}
	w.Egress.(*egress.Client).SetAllowProxies(nil)
	result, _ = w.run(t, "script", send...)
	if hint := web.Hint(result.Error.Hint, result.Error.Fix); result.Fault != host.FaultEgress || !strings.Contains(hint, "usher serve --allow-proxy "+proxy) {
		t.Errorf("not allowed: %q %+v, hint %q", result.Fault, result.Error, hint)
	}
	delete(w.store.secrets, "PASSWORD")
	result, _ = w.run(t, "script", send...)
	if result.Fault != host.FaultHost || result.Error.Message != `the secret "PASSWORD" is not set` ||
		!strings.Contains(web.Hint("", result.Error.Fix), "usher secrets set greet PASSWORD") {
		t.Errorf("without the secret: %q %+v", result.Fault, result.Error)
	}
}

func TestAGuestLearnsOfItsProxyAndItsCertificatesByName(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	certificate := host.ClientCertificate{CertificateSecret: "TOKEN", KeySecret: "TOKEN", Origins: []string{"a.example"}}
	w.settings.Egress.Proxy = host.Proxy{URL: "HTTP://Proxy.Example:3128/"}
	w.settings.Egress.ClientCertificates = []host.ClientCertificate{certificate}
	var input struct {
		Execution struct {
			Proxy        string                   `json:"proxy"`
			Certificates []host.ClientCertificate `json:"client_certificates"`
		} `json:"execution"`
	}
	result, _ := w.run(t, "echo")
	if err := json.Unmarshal(result.Output, &input); err != nil {
		t.Fatal(err)
	}
	if e := input.Execution; e.Proxy != "http://proxy.example:3128" || len(e.Certificates) != 1 || e.Certificates[0].Origins[0] != "a.example" {
		t.Errorf("%+v", e)
	}
	w.settings.Egress.Proxy, w.settings.Egress.ClientCertificates = host.Proxy{}, nil
	if result, _ := w.run(t, "echo"); strings.Contains(string(result.Output), "proxy") || strings.Contains(string(result.Output), "certificates") {
		t.Errorf("without them: %s", result.Output)
	}
}
