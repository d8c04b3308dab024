package daemon

import (
	"context"
	"log/slog"
	"time"
)

// storeKeyUsesEvery is how old the last use of a key may be that is stored.
const storeKeyUsesEvery = time.Minute

// keyUses notes when keys were last used.
type keyUses interface {
	StoreKeyUses(ctx context.Context) error
}

// StoreKeyUses returns the work that stores when keys were last used: one write a
// minute at most, and one at the end. A failure is retried a minute later.
func StoreKeyUses(store keyUses, log *slog.Logger) func(context.Context) error {
	return func(ctx context.Context) error {
		ticker := time.NewTicker(storeKeyUsesEvery)
		defer ticker.Stop()
		for running := true; running; {
			select {
			case <-ctx.Done():
				running = false
			case <-ticker.C:
			}
			if err := store.StoreKeyUses(context.WithoutCancel(ctx)); err != nil {
				log.Error("the last use of API keys could not be stored", "error", err)
			}
		}
		return nil
	}
}
