package sandbox

import (
	"context"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/sandbox/admission"
)

// Inspect describes a module: why it can't run here, if it can't, and which of
// entries it exports as a function that can be entered; it needs one. It admits a
// module without problems, so that its first run finds it compiled. The error is
// the host's own failure.
func (s *Sandbox) Inspect(ctx context.Context, wasm []byte, entries ...string) (in host.Inspection, found []string, err error) {
	i := s.admitter.Inspect(wasm, s.config.MaxModuleBytes, entries)
	if len(i.Problems) > 0 {
		return i.Inspection, i.Entries, nil
	}
	m, err := s.Module(ctx, i.Digest, func() ([]byte, error) { return wasm, nil })
	switch {
	case err != nil && ctx.Err() != nil:
		return i.Inspection, i.Entries, ctx.Err()
	case err != nil && admission.IsHostFault(err):
		return i.Inspection, i.Entries, err
	case err != nil:
		i.Refused(err)
		return i.Inspection, i.Entries, nil
	}
	defer m.Release()
	i.Isolation, i.ImageBytes = m.best(""), m.snapshot.imageSize()
	i.Admitted(m.artifact)
	return i.Inspection, i.Entries, nil
}
