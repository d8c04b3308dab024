package sandbox_test

import (
	"testing"

	"github.com/usherhost/usher/host/sandbox"
)

func TestThisMachineRunsCompiledCode(t *testing.T) {
	t.Parallel()
	if !sandbox.Compiles() {
		t.Error("compiled code is said not to run here: the other tests of this package would take an hour")
	}
}
