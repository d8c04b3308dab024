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

// fakeFlags say where a run's HTTP answers come from, and go to.
type fakeFlags struct {
	fakes  string
	record string
}

func (f *fakeFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.fakes, "fakes", "", "file with HTTP answers (JSON or YAML); nothing goes to the network")
	flags.StringVar(&f.record, "record", "", "file to write the network's answers to, for --fakes; secrets are masked")
	cmd.MarkFlagsMutuallyExclusive("fakes", "record")
}

// world is what a run's requests meet: the network, fakes, or a recorder before
// the network.
type world struct {
	flags    fakeFlags
	client   *egress.Client
	set      *fake.Set      // nil without --fakes
	recorder *fake.Recorder // nil without --record
	policy   host.Egress    // of the run

	mu      sync.Mutex // guards refused
	refused []string   // origins that fakes answered, and the policy would not allow
}

// open makes the world of a run. The caller must close it.
func (f fakeFlags) open(env *command.Env, j *job) (*world, error) {
	w := &world{flags: f, client: &egress.Client{AllowNetworks: env.Config.AllowNetworks}, policy: j.settings.Egress}
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

func (w *world) close() { w.client.Close() }

func (w *world) egress() guest.Egress {
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
func (w *world) Send(ctx context.Context, r *host.HTTPRequest) (*host.HTTPResponse, *host.EgressFailure) {
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

// tell says what the fakes have to say of a run, and writes the record.
func (w *world) tell(t term.Terminal, j *job) error {
	if w.recorder != nil {
		return w.save(t)
	}
	if w.set == nil || t.JSON {
		return nil
	}
	for _, m := range w.set.Missed() {
		t.Note("usher: no fake answers %s%s", m.Request, prefixed(": ", m.Why))
		text, err := fake.Format([]fake.Fake{m.Fake})
		if err != nil {
			return err
		}
		t.Note("usher: hint: to answer it, put this in the list in %s, with the response that you want:\n%s", w.flags.fakes, term.Block(unlisted(text)))
	}
	for _, n := range w.set.Unused() {
		t.Note("usher: note: fake %d in %s answered nothing", n+1, w.flags.fakes)
	}
	for _, origin := range w.refused {
		t.Note("usher: note: %s is not in the allowed hosts, so that a server would refuse it; %s", origin, localFixes{j.folder}.words(*host.FixAllowOrigin.With("", origin)))
	}
	return nil
}

// unlisted takes the brackets and the first indent off a list of one.
func unlisted(list []byte) string {
	text := strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(string(list)), "[\n"), "\n]")
	return strings.TrimPrefix(strings.ReplaceAll("\n"+text, "\n  ", "\n"), "\n")
}

// prefixed puts prefix before text unless that is empty.
func prefixed(prefix, text string) string {
	if text == "" {
		return ""
	}
	return prefix + text
}

// save writes what was recorded.
func (w *world) save(t term.Terminal) error {
	fakes := w.recorder.Fakes()
	text, err := fake.Format(fakes)
	if err != nil {
		return err
	}
	if err := os.WriteFile(w.flags.record, text, 0o600); err != nil {
		return fmt.Errorf("write the fakes: %w", err)
	}
	t.Note("usher: recorded %d answers in %s; look them over for personal data before you share them", len(fakes), w.flags.record)
	return nil
}
