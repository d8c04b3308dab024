package host_test

import (
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
)

func TestAConditionOnAFieldIsRead(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ text, field, value, refused string }{
		{text: "user.email=ada@example.com", field: "user.email", value: "ada@example.com"},
		{text: "/user/email=a=b", field: "user.email", value: "a=b"},
		{text: "/user/a.b~1c=1", field: "/user/a.b~1c", value: "1"},
		{text: "user.email=ada*", field: "user.email", value: "ada*"},
		{text: "user.email=", field: "user.email"},
		{text: "user.email", refused: "is not FIELD=VALUE"},
		{text: "=a", refused: "is not a path of keys"},
		{text: "user..email=a", refused: "is not a path of keys"},
		{text: "user.email=ad*", refused: "at least 3 characters before *"},
		{text: "user.email=" + strings.Repeat("a", host.MaxFieldValueBytes+1) + "*", refused: "more than 200"},
		{text: "user.e\x1bmail=a", refused: "printable"},
		{text: strings.Repeat("a", 300) + "=a", refused: "has 300 bytes"},
	} {
		got, err := host.ParseFieldValue(tt.text)
		switch {
		case tt.refused == "" && (err != nil || got.Field != tt.field || got.Value != tt.value):
			t.Errorf("%q is %+v, %v", tt.text, got, err)
		case tt.refused != "" && (err == nil || !strings.Contains(err.Error(), tt.refused)):
			t.Errorf("%q is refused with %v, want %q", tt.text, err, tt.refused)
		}
	}
}

func TestTheIndexedFormOfAValueIsBoundedAndItsOwn(t *testing.T) {
	t.Parallel()
	keys := []string{"user", "name"}
	seen := map[string]string{}
	for _, value := range []string{"", "a", "A", strings.Repeat("a", 200), strings.Repeat("a", 201), strings.Repeat("a", 202), strings.Repeat("ä", 101), strings.Repeat("ä", 102)} {
		form := host.IndexedValue(keys, value)
		if len(form) > host.MaxFieldValueBytes+33 {
			t.Errorf("%.20q… takes %d bytes", value, len(form))
		}
		if other, ok := seen[string(form)]; ok {
			t.Errorf("%.20q… and %.20q… have one form", value, other)
		}
		seen[string(form)] = value
	}
	if a, b := host.IndexedValue([]string{"Email"}, "ADA@É.example"), host.IndexedValue([]string{"Email"}, "ada@é.example"); string(a) != string(b) {
		t.Errorf("an e-mail address is %q and %q", a, b)
	}
}

func TestAQueryKnowsWhetherItSelects(t *testing.T) {
	t.Parallel()
	for _, q := range []host.ExecutionQuery{{}, {Limit: 3}, {Before: "exe_1"}} {
		if q.Selects() {
			t.Errorf("%+v selects", q)
		}
	}
	for _, q := range []host.ExecutionQuery{{UserID: "a"}, {Text: "a"}, {Where: []host.FieldValue{{}}}} {
		if !q.Selects() {
			t.Errorf("%+v does not select", q)
		}
	}
}
