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
		var out, told bytes.Buffer
		noteEngine(term.New(strings.NewReader(""), &out, &told), tt.err)
		if (told.Len() > 0) != (tt.want != "") || !strings.Contains(told.String(), tt.want) || out.Len() > 0 {
			t.Errorf("with %v: told %q, answered %q", tt.err, told.String(), out.String())
		}
	}
}
