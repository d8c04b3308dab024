package bootstrap

import (
	"strings"
	"testing"
)

func parse(t *testing.T, text string) any {
	t.Helper()
	v, err := (&parser{text: []byte(text)}).value()
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

func TestValuesAreWrittenAsJavaScriptDoes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{ "b" : 1, "a" : [ true , null, -2.5e3 ] }`: `{"b":1,"a":[true,null,-2.5e3]}`,
		`{"x":0,"-1":1,"10":2,"2":3}`:                `{"2":3,"10":2,"x":0,"-1":1}`,
		`"\u0107 \" \\ \n \u0001 \u2028"`:            "\"ć \\\" \\\\ \\n \\u0001 \u2028\"",
		`{"a":1,"a":2}`:                              `{"a":2}`,
		`[]`:                                         `[]`,
	} {
		if got := stringify(parse(t, text)); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	if got := stringify(newObject().set("a", absent{}).set("b", "c")); got != `{"b":"c"}` {
		t.Errorf("undefined: %s", got)
	}
}

func TestMalformedDataIsAnError(t *testing.T) {
	t.Parallel()
	for _, text := range []string{``, `{`, `{"a"}`, `{"a":1 "b":2}`, `["a"`, `"a`, `nil`, `{"fn":function() {`, `{a:1}`} {
		if v, err := (&parser{text: []byte(text)}).value(); err == nil {
			t.Errorf("%s: %v", text, v)
		}
	}
}

func TestWhatADataFileAddsIsRead(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"an object":  `if (Intl.X) { Intl.X.__addLocaleData({"data":{"a":1},"locale":"de"}) } else { push({}) }`,
		"a string":   `(function (data) { Intl.X["__addLocaleData"](data); })(JSON.parse("{\"data\":{\"a\":1},\"locale\":\"de\"}"));`,
		"a function": "Intl.X.__addLocaleData({\"data\":{\"fn\":function(n) { if (n) { return \"one\"; }\n},\"a\":1}})",
	} {
		data, err := added([]byte(text))
		if err != nil || data.get("a") != literal("1") {
			t.Errorf("%s: %v, %v", name, data, err)
		}
		if fn, ok := data.get("fn").(code); name == "a function" && (!ok || !strings.HasSuffix(string(fn), "}\n}")) {
			t.Errorf("the function is %q", fn)
		}
	}
	if data, err := added([]byte(`Intl.X.__addLocaleData({"locale": "az-Arab"})`)); data != nil || err != nil {
		t.Errorf("without data: %v, %v", data, err)
	}
	if _, err := added([]byte(`Intl.X.add({})`)); err == nil {
		t.Error("another file is no error")
	}
}

func TestADifferenceHasWhatDiffers(t *testing.T) {
	t.Parallel()
	base := parse(t, `{"same":{"a":1},"changed":"x","gone":1,"list":[1,2],"deep":{"a":1,"b":2}}`)
	own := parse(t, `{"same":{"a":1},"changed":"y","list":[1,3],"deep":{"a":1,"b":3},"new":0}`)
	if got := stringify(difference(base, own)); got != `{"changed":"y","gone":null,"list":[1,3],"deep":{"b":3},"new":0}` {
		t.Error(got)
	}
	if difference(base, base) != (absent{}) {
		t.Error("a value differs from itself")
	}
}

func TestZonesEndIn2037(t *testing.T) {
	t.Parallel()
	// The 21st century's first minute is moment's number 15778080 of base 60: "14SO0" minutes after 1970.
	got, err := upTo2037("Zone/One|A B|0 10|0101|14SO0 1 zzzzzz|5e6")
	if err != nil || got != "Zone/One||0 10|010|14SO0 1" {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := upTo2037("Etc/UTC|UTC|0|0|"); err != nil || got != "Etc/UTC||0|0|" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := upTo2037("Zone"); err == nil {
		t.Error("an unknown form is no error")
	}
	if n := minutes("-1A.5"); n != -(60 + 36) {
		t.Errorf("minutes %d", n)
	}
}
