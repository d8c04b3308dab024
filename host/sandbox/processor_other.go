//go:build !linux

package sandbox

import "time"

// processorTime is not known here.
func processorTime() time.Duration { return 0 }
