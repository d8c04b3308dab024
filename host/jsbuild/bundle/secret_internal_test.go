package bundle

import (
	"slices"
	"testing"
)

func TestTheSecretsThatCodeNames(t *testing.T) {
	t.Parallel()
	for code, want := range map[string][]string{
		`f(event.secrets.A,e.secrets?.B)`:            {"A", "B"},
		`secrets["a-b"]+secrets['c']+secrets?.["d"]`: {"a-b", "c", "d"},
		`let{A,B:b,C=1,"d-e":d}=event.secrets;`:      {"A", "B", "C", "d-e"},
		`async({secrets:{A,B:b}})=>{}`:               {"A", "B"},
		`let{secrets}=event;g(secrets.A,secrets.A)`:  {"A"},
		`secrets[name];mysecrets.A;event.secretsA.b`: nil,
	} {
		if got := secretNames([]byte(code)); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", code, got, want)
		}
	}
}
