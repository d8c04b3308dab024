package settings

import (
	"reflect"
	"testing"
)

// TestEveryFieldHasASetting checks that the table names each field of Config once.
func TestEveryFieldHasASetting(t *testing.T) {
	t.Parallel()
	var c Config
	named := map[uintptr]string{}
	keys := map[string]bool{}
	for _, s := range table {
		at := reflect.ValueOf(s.field(&c)).Pointer()
		if other, twice := named[at]; twice || keys[s.key] {
			t.Errorf("%s and %s are one field or one key", s.key, other)
		}
		named[at], keys[s.key] = s.key, true
	}
	v := reflect.ValueOf(&c).Elem()
	for i := range v.NumField() {
		if f := v.Type().Field(i); f.IsExported() && named[v.Field(i).Addr().Pointer()] == "" {
			t.Errorf("no setting has the field %s", f.Name)
		}
	}
}
