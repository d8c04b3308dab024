package author

import (
	"bytes"
	"strings"
	"testing"

	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/jsbuild/dist"
)

func TestAScriptIsBegunWithAWarningWhereThereIsNoEngine(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		err  error
		want string
	}{
		{err: dist.ErrNoEngine, want: "task engine"},
		{err: nil, want: ""},
	} {
		var out, warned bytes.Buffer
		noteEngine(term.New(strings.NewReader(""), &out, &warned), tt.err)
		if (warned.Len() > 0) != (tt.want != "") || !strings.Contains(warned.String(), tt.want) || out.Len() > 0 {
			t.Errorf("with %v: warned %q, printed %q", tt.err, warned.String(), out.String())
		}
	}
}
