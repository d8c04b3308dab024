package main

import "testing"

func TestText(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, user, want string }{
		{name: "names the address only", want: "New user: a@b.example"},
		{name: "names the user too", user: "Ada Löwe", want: "New user: a@b.example (Ada Löwe)"},
		{name: "takes the markup out of a name", user: "<!channel> & co", want: "New user: a@b.example (&lt;!channel&gt; &amp; co)"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := text("a@b.example", tt.user); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}
