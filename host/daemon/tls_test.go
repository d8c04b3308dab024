package daemon

import (
	"slices"
	"testing"
)

func TestADevelopmentCertificateHasTheNameThatIsListenedOn(t *testing.T) {
	t.Parallel()
	for listen, name := range map[string]string{
		"192.0.2.7:8080": "192.0.2.7", "[2001:db8::7]:8080": "2001:db8::7", "usher.internal:443": "usher.internal",
		"127.0.0.1:8080": "", "0.0.0.0:8080": "", "[::]:8080": "", ":8080": "", "unix:/run/usher.sock": "",
	} {
		want := []string{"localhost", "127.0.0.1", "::1"}
		if name != "" {
			want = append(want, name)
		}
		if got := devNames(listen); !slices.Equal(got, want) {
			t.Errorf("%s has %v", listen, got)
		}
	}
}
