package webcrypto_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/jstest"
	"github.com/usherhost/usher/host/jsbuild/bundle"
)

// side is what one of the two came to: Node, or an action.
type side struct {
	Fixtures json.RawMessage            `json:"fixtures,omitempty"`
	Results  map[string]json.RawMessage `json:"results,omitempty"`
	Made     map[string]json.RawMessage `json:"made,omitempty"`
	Checked  map[string]json.RawMessage `json:"checked,omitempty"`
}

func TestAnActionsCryptographyIsNodes(t *testing.T) {
	t.Parallel()
	node := underNode(t, map[string]any{"certificate": newCertificate(t)})
	action := inAction(t, node)
	for name, want := range node.Results {
		compare(t, name, action.Results[name], want)
	}
	for name, verdict := range action.Checked {
		if string(verdict) != "true" {
			t.Errorf("%s: an action says %s of what Node made", name, verdict)
		}
	}
	back := underNode(t, map[string]any{"fixtures": node.Fixtures, "made": action.Made})
	for name, verdict := range back.Checked {
		if string(verdict) != "true" {
			t.Errorf("%s: Node says %s of what an action made: %s", name, verdict, action.Made[name])
		}
	}
	if len(action.Checked) != len(node.Made) || len(back.Checked) != len(node.Made) || len(node.Made) == 0 {
		t.Errorf("Node made %d things, an action checked %d, and Node %d of the action's", len(node.Made), len(action.Checked), len(back.Checked))
	}
}

// compare reports the elements in which two results differ.
func compare(t *testing.T, name string, got, want json.RawMessage) {
	t.Helper()
	var g, w any
	_, _ = json.Unmarshal(got, &g), json.Unmarshal(want, &w)
	if reflect.DeepEqual(g, w) {
		return
	}
	gs, gok := g.([]any)
	ws, wok := w.([]any)
	if !gok || !wok || len(gs) != len(ws) {
		t.Errorf("%s:\n an action has %s\n Node has      %s", name, got, want)
		return
	}
	for i := range gs {
		if !reflect.DeepEqual(gs[i], ws[i]) {
			a, _ := json.Marshal(gs[i])
			b, _ := json.Marshal(ws[i])
			t.Errorf("%s, %d:\n an action has %s\n Node has      %s", name, i, a, b)
		}
	}
}

// underNode runs the cases under Node.
func underNode(t *testing.T, input any) side {
	t.Helper()
	text, err := json.Marshal(input)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", "--no-warnings", filepath.Join("testdata", "node.js"))
	cmd.Stdin = bytes.NewReader(text)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("node: %v\n%s", err, stderr.Bytes())
	}
	var s side
	if err := json.Unmarshal(out, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// inAction runs them in an action, which checks what Node made.
func inAction(t *testing.T, node side) side {
	t.Helper()
	kit := open(t)
	code, err := os.ReadFile(filepath.Join("testdata", "action.js"))
	if err != nil {
		t.Fatal(err)
	}
	built, err := kit.Builder.Build(t.Context(), bundle.Source{Name: "action.js", Code: code, Dir: "testdata"})
	if err != nil {
		t.Fatal(err)
	}
	event, err := json.Marshal(map[string]any{"user": map[string]any{}, "fixtures": node.Fixtures, "made": node.Made})
	if err != nil {
		t.Fatal(err)
	}
	result, _, err := kit.Run(t.Context(), built.Module, jstest.Run{
		Event:    string(event),
		Settings: host.Settings{Limits: host.Limits{LogBytes: 4 << 20}},
	})
	if err != nil || !result.Succeeded {
		t.Fatalf("%v, %+v, %v", err, result.Error, result.Logs)
	}
	return gathered(t, result.Logs)
}

func gathered(t *testing.T, logs []host.Log) side {
	t.Helper()
	s := side{Results: map[string]json.RawMessage{}, Made: map[string]json.RawMessage{}, Checked: map[string]json.RawMessage{}}
	for _, l := range logs {
		var line struct {
			Kind, Name string
			Value      json.RawMessage
		}
		if err := json.Unmarshal([]byte(l.Message), &line); err != nil {
			t.Fatalf("%q: %v", l.Message, err)
		}
		map[string]map[string]json.RawMessage{"results": s.Results, "made": s.Made, "checked": s.Checked}[line.Kind][line.Name] = line.Value
	}
	return s
}

func open(t *testing.T) *jstest.Kit {
	t.Helper()
	kit, err := jstest.Open(t.Context())
	if err != nil {
		t.Fatalf("%v (task engine makes the engine)", err)
	}
	t.Cleanup(func() { _ = kit.Close(context.Background()) })
	return kit
}

// newCertificate returns a certificate that signs itself, as PEM.
func newCertificate(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(0xabcdef01), Subject: pkix.Name{CommonName: "login.example.com", Organization: []string{"Example"}, Country: []string{"DE"}},
		NotBefore: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), NotAfter: time.Date(2036, 11, 12, 3, 4, 5, 0, time.UTC),
		DNSNames: []string{"login.example.com", "*.example.org"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, BasicConstraintsValid: true, IsCA: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}
