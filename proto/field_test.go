package proto_test

import (
	"reflect"
	"testing"

	"github.com/usherhost/usher/proto"
)

func TestValuesOfAFieldAreFound(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		body string
		path []string
		want []string
	}{
		{`{"a":"x"}`, []string{"a"}, []string{"x"}},
		{`{"a":{"b":"\u0041 "}}`, []string{"a", "b"}, []string{"A "}},
		{`{"a":[10,10.0,1e1,true,"10",null,{},[1]]}`, []string{"a"}, []string{"10", "true"}},
		{`{"a":[-0,0,0.0,1.50,1e300]}`, []string{"a"}, []string{"0", "1.5", "1e+300"}},
		{`{"a":[123456789012345678901,9007199254740993]}`, []string{"a"}, []string{"123456789012345678901", "9007199254740993"}},
		{`{"a":[{"b":"x"},{"b":["y","z"]},{"c":1}]}`, []string{"a", "b"}, []string{"x", "y", "z"}},
		{`{"a":null,"b":{}}`, []string{"a"}, nil},
		{`{"a":null,"b":{}}`, []string{"b"}, nil},
		{`{"a":"x"}`, []string{"a", "b"}, nil},
		{`{"a":"x"}`, []string{"c"}, nil},
		{`"a"`, []string{"a"}, nil},
		{`{"a":`, []string{"a"}, nil},
		{``, []string{"a"}, nil},
	} {
		if got := proto.FieldValues([]byte(tt.body), [][]string{tt.path})[0]; !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s of %s is %q, want %q", tt.path, tt.body, got, tt.want)
		}
	}
}

func TestAFieldHasABoundedNumberOfValues(t *testing.T) {
	t.Parallel()
	body := []byte(`{"a":[{"b":[0`)
	for range 100 {
		body = append(body, `,{"c":1}`...)
	}
	body = append(body, "]}"...)
	for i := range 100 {
		body = append(body, `,{"b":["`...)
		body = append(body, byte('a'+i%26), byte('a'+i/26))
		body = append(body, `","x"]}`...)
	}
	body = append(body, "]}"...)
	if got := proto.FieldValues(body, [][]string{{"a", "b"}})[0]; len(got) != 32 {
		t.Errorf("%d values, want 32", len(got))
	}
}
