package registry_test

import (
	"bytes"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/hosttest"
	"github.com/usherhost/usher/host/registry"
)

func secrets(t *testing.T, r *registry.Registry, actionID string) map[string]string {
	t.Helper()
	values, err := r.Secrets(t.Context(), actionID)
	if err != nil {
		t.Fatal(err)
	}
	return values
}

func write(name, value string) host.SecretWrite { return host.SecretWrite{Name: name, Value: &value} }

func TestSecretsAreSetKeptAndForgotten(t *testing.T) {
	t.Parallel()
	r, _ := open(t)
	a, err := r.CreateAction(t.Context(), "notify", trigger, []host.SecretWrite{write("A", "1"), write("B", "2")})
	if err != nil || len(a.Secrets) != 2 {
		t.Fatalf("action is %+v, %v", a, err)
	}
	for _, tt := range []struct {
		name string
		do   func() ([]host.Secret, error)
		want map[string]string
	}{
		{name: "a patch leaves the others", want: map[string]string{"A": "1", "B": "3", "C": "4"}, do: func() ([]host.Secret, error) {
			return r.SetSecrets(t.Context(), "notify", []host.SecretWrite{write("B", "3"), write("C", "4")}, nil)
		}},
		{name: "a patch without a value keeps", want: map[string]string{"B": "3", "C": "4"}, do: func() ([]host.Secret, error) {
			return r.SetSecrets(t.Context(), "notify", []host.SecretWrite{{Name: "B"}}, []string{"A", "not there"})
		}},
		{name: "a list replaces, and keeps what has no value", want: map[string]string{"C": "4", "D": "5"}, do: func() ([]host.Secret, error) {
			return r.ReplaceSecrets(t.Context(), a.ID, []host.SecretWrite{{Name: "C"}, write("D", "5")})
		}},
		{name: "one is deleted", want: map[string]string{"D": "5"}, do: func() ([]host.Secret, error) {
			return []host.Secret{{Name: "D"}}, r.DeleteSecret(t.Context(), "notify", "C")
		}},
		{name: "an empty list forgets all", want: map[string]string{}, do: func() ([]host.Secret, error) {
			return r.ReplaceSecrets(t.Context(), a.ID, nil)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			names, err := tt.do()
			if err != nil {
				t.Fatal(err)
			}
			if got := secrets(t, r, a.ID); !maps.Equal(got, tt.want) {
				t.Errorf("secrets are %v, want %v", got, tt.want)
			}
			if len(names) != len(tt.want) {
				t.Errorf("answered %v", names)
			}
		})
	}
}

func TestSecretsThatAreRefused(t *testing.T) {
	t.Parallel()
	r, _ := open(t)
	a := action(t, r, "notify", false)
	var many []host.SecretWrite
	for i := range host.MaxSecrets {
		many = append(many, write(fmt.Sprintf("S%d", i), "x"))
	}
	for _, tt := range []struct {
		name     string
		put      []host.SecretWrite
		remove   []string
		pointers []string
		text     string
	}{
		{name: "no name", put: []host.SecretWrite{write("", "x")}, pointers: []string{"/secrets/0/name"}, text: "1 to 128"},
		{name: "a name of 129 characters", put: []host.SecretWrite{write(strings.Repeat("a", 129), "x")}, pointers: []string{"/secrets/0/name"}},
		{name: "a blank in a name", put: []host.SecretWrite{write("a b", "x")}, pointers: []string{"/secrets/0/name"}},
		{name: "a name twice", put: []host.SecretWrite{write("A", "x"), write("A", "y")}, pointers: []string{"/secrets/1/name"}, text: "twice"},
		{name: "an empty value", put: []host.SecretWrite{write("A", "")}, pointers: []string{"/secrets/0/value"}},
		{name: "4,097 characters", put: []host.SecretWrite{write("A", strings.Repeat("ü", 4097))}, pointers: []string{"/secrets/0/value"}, text: "4097"},
		{name: "bytes that are no text", put: []host.SecretWrite{write("A", "\xff")}, pointers: []string{"/secrets/0/value"}, text: "base64"},
		{name: "nothing to keep", put: []host.SecretWrite{{Name: "A"}}, pointers: []string{"/secrets/0/value"}, text: "stored"},
		{name: "more than 30", put: append(many, write("more", "x")), pointers: []string{"/secrets"}, text: "30"},
		{name: "set and removed", put: []host.SecretWrite{write("A", "x")}, remove: []string{"A"}, pointers: []string{"/remove/0"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := r.SetSecrets(t.Context(), "notify", tt.put, tt.remove)
			hosttest.Refused(t, err, host.Invalid, tt.pointers, tt.text)
		})
	}
	t.Run("a 31st, until one goes", func(t *testing.T) {
		a := action(t, r, "full", false)
		if _, err := r.SetSecrets(t.Context(), a.ID, many, nil); err != nil {
			t.Fatal(err)
		}
		_, err := r.SetSecrets(t.Context(), a.ID, []host.SecretWrite{write("more", "x")}, nil)
		hosttest.Refused(t, err, host.Invalid, []string{"/secrets"}, "31")
		if _, err := r.SetSecrets(t.Context(), a.ID, []host.SecretWrite{write("more", strings.Repeat("ü", 4096))}, []string{"S0"}); err != nil {
			t.Error(err)
		}
	})
	hosttest.Refused(t, r.DeleteSecret(t.Context(), a.ID, "nope"), host.NotFound, nil, "nope", "usher secrets list notify")
}

func TestStoredSecretsAreSealedForTheirPlace(t *testing.T) {
	t.Parallel()
	r, db := open(t)
	a, b := action(t, r, "a", false), action(t, r, "b", false)
	if _, err := r.SetSecrets(t.Context(), a.ID, []host.SecretWrite{write("TOKEN", "hunter2hunter2")}, nil); err != nil {
		t.Fatal(err)
	}
	sealed, err := db.SealedSecrets(t.Context(), a.ID)
	if err != nil || len(sealed) != 1 || bytes.Contains(sealed[0].Value, []byte("hunter2")) {
		t.Fatalf("stored %v, %v", sealed, err)
	}
	if err := db.SetSecrets(t.Context(), b.ID, sealed, nil); err != nil {
		t.Fatal(err)
	}
	_, err = r.Secrets(t.Context(), b.ID)
	hosttest.Refused(t, err, host.Internal, nil, `secret "TOKEN" of action "b"`, "usher secrets set b TOKEN")
}

func TestAChangedSecretShowsInTheNextRead(t *testing.T) {
	t.Parallel()
	r, _ := open(t)
	a := action(t, r, "notify", false)
	var readers sync.WaitGroup
	stop := make(chan struct{})
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if _, err := r.Secrets(t.Context(), a.ID); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for i := range 50 {
		value := fmt.Sprint(i)
		if _, err := r.SetSecrets(t.Context(), a.ID, []host.SecretWrite{write("N", value)}, nil); err != nil {
			t.Fatal(err)
		}
		if got := secrets(t, r, a.ID)["N"]; got != value {
			t.Errorf("read %q after %q was set", got, value)
		}
	}
	close(stop)
	readers.Wait()
}
