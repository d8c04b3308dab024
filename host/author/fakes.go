package author

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/egress"
	"github.com/usherhost/usher/host/fake"
	"github.com/usherhost/usher/host/guest"
)

// fakeFlags name the files that HTTP answers are read from and written to.
type fakeFlags struct {
	fakes  string
	record string
}

func (f *fakeFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.fakes, "fakes", "", "file with HTTP answers (JSON or YAML); nothing goes to the network")
	flags.StringVar(&f.record, "record", "", "file to write the network's answers to, for --fakes; secrets are redacted")
	cmd.MarkFlagsMutuallyExclusive("fakes", "record")
}

// network answers a run's requests: the real network, fakes, or a recorder in front
// of the real one.
type network struct {
	flags    fakeFlags
	client   *egress.Client
	set      *fake.Set      // nil without --fakes
	recorder *fake.Recorder // nil without --record
	policy   host.Egress    // of the run

	mu      sync.Mutex // guards refused
	refused []string   // origins that fakes answered, and the policy would not allow
}

// open makes the network of a run. The caller must close it.
func (f fakeFlags) open(env *command.Env, j *job) (*network, error) {
	client := &egress.Client{AllowNetworks: env.Config.AllowNetworks, AllowProxies: env.Config.AllowProxies}
	if p := j.settings.Egress.Proxy; !p.IsZero() { // who runs it here is the operator
		client.AllowProxies = append(slices.Clip(client.AllowProxies), p.URL)
	}
	w := &network{flags: f, client: client, policy: j.settings.Egress}
	if f.record != "" {
		w.recorder = fake.NewRecorder(w.client, j.secrets)
	}
	if f.fakes == "" {
		return w, nil
	}
	fakes, err := fake.ReadFile(f.fakes)
	if err != nil {
		return nil, err
	}
	w.set = fake.NewSet(fakes, j.secrets)
	return w, nil
}

func (w *network) close() { w.client.Close() }

func (w *network) egress() guest.Egress {
	switch {
	case w.set != nil:
		return w
	case w.recorder != nil:
		return w.recorder
	default:
		return w.client
	}
}

// Send answers from the fakes. Hosts that are not allowed are answered too, so
// that an action can be tried before its settings are written, but noted.
func (w *network) Send(ctx context.Context, r *host.HTTPRequest) (*host.HTTPResponse, *host.EgressFailure) {
	response, failure := w.set.Send(ctx, r)
	origin, refusal := egress.Check(w.policy, r.URL)
	if refusal != nil && failure == nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		if !slices.Contains(w.refused, origin.String()) {
			w.refused = append(w.refused, origin.String())
		}
	}
	return response, failure
}

// report prints which requests and fakes did not match, and writes the recording.
func (w *network) report(t term.Terminal, j *job) error {
	if w.recorder != nil {
		return w.save(t)
	}
	if w.set == nil || t.JSON {
		return nil
	}
	for _, m := range w.set.Missed() {
		t.Note("usher: no fake matches %s%s", m.Request, prefixed(": ", m.Why))
		text, err := fake.Format([]fake.Fake{m.Fake})
		if err != nil {
			return err
		}
		t.Note("usher: hint: to answer it, put this in the list in %s, with the response that you want:\n%s", w.flags.fakes, term.Block(unlisted(text)))
	}
	for _, n := range w.set.Unused() {
		t.Note("usher: note: fake %d in %s matched no request", n+1, w.flags.fakes)
	}
	for _, origin := range w.refused {
		t.Note("usher: note: %s is not in the allowed hosts, so a server would refuse it; %s", origin, j.fixes().words(*host.FixAllowOrigin.With("", origin)))
	}
	return nil
}

// unlisted removes the brackets and the first indent of a list of one.
func unlisted(list []byte) string {
	text := strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(string(list)), "[\n"), "\n]")
	return strings.TrimPrefix(strings.ReplaceAll("\n"+text, "\n  ", "\n"), "\n")
}

// prefixed puts prefix before text unless text is empty.
func prefixed(prefix, text string) string {
	if text == "" {
		return ""
	}
	return prefix + text
}

// save writes what was recorded.
func (w *network) save(t term.Terminal) error {
	fakes := w.recorder.Fakes()
	text, err := fake.Format(fakes)
	if err != nil {
		return err
	}
	if err := os.WriteFile(w.flags.record, text, 0o600); err != nil {
		return fmt.Errorf("write the fakes: %w", err)
	}
	t.Note("usher: recorded %d answers in %s; check them for personal data before you share them", len(fakes), w.flags.record)
	return nil
}
