package author

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/usherhost/usher/host/guest"
)

// spots are of an action that calls a package, which calls itself.
var spots = []guest.Spot{
	{Fuel: 600, Stack: []string{"mul (node_modules/@big/int/lib/mul.js:7:3)", "sign (node_modules/@big/int/index.js:2:9)", "async handler (action.js:5:3)"}},
	{Fuel: 300, Stack: []string{"mul (node_modules/@big/int/lib/mul.js:9:3)", "mul (node_modules/@big/int/lib/mul.js:7:3)", "sign (node_modules/@big/int/index.js:2:9)", "async handler (action.js:5:3)"}},
	{Fuel: 60, Stack: []string{"action.js:8:1", "async handler (action.js:6:3)"}},
	{Fuel: 30},
	{Fuel: 10, Stack: []string{"__name (usher-bundle.js:2:1)", "handler (action.js:4:3)"}},
}

func TestTheFuelOfCodeIsAddedUp(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		key  func(frame) codeCost
		want []codeCost
	}{
		{"by package", byPackage, []codeCost{
			{Name: "@big/int", Fuel: 900, AllFuel: 900}, {Name: "(the action)", Fuel: 60, AllFuel: 970}, {Name: "(runtime)", Fuel: 40, AllFuel: 40},
		}},
		{"by function", byFunction, []codeCost{
			{Name: "mul", File: "node_modules/@big/int/lib/mul.js", Fuel: 900, AllFuel: 900},
			{Name: "(anonymous)", File: "action.js", Fuel: 60, AllFuel: 60},
			{Name: "(runtime)", Fuel: 30, AllFuel: 30},
			{Name: "__name", Fuel: 10, AllFuel: 10},
			{Name: "handler", File: "action.js", AllFuel: 970},
			{Name: "sign", File: "node_modules/@big/int/index.js", AllFuel: 900},
		}},
		{"by line", byLine, []codeCost{
			{Name: "node_modules/@big/int/lib/mul.js:7", Fuel: 600, AllFuel: 900},
			{Name: "node_modules/@big/int/lib/mul.js:9", Fuel: 300, AllFuel: 300},
			{Name: "action.js:8", Fuel: 60, AllFuel: 60},
			{Name: "(runtime)", Fuel: 30, AllFuel: 30},
			{Name: "__name", Fuel: 10, AllFuel: 10},
			{Name: "action.js:5", AllFuel: 900},
			{Name: "node_modules/@big/int/index.js:2", AllFuel: 900},
			{Name: "action.js:6", AllFuel: 60},
			{Name: "action.js:4", AllFuel: 10},
		}},
	} {
		if got := codeCosts(spots, tt.key); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestAFlameGraphIsAnSVGOfItsOwn(t *testing.T) {
	t.Parallel()
	var b, again bytes.Buffer
	if err := errors.Join(writeFlames(&b, `<sign> & "send"`, spots), writeFlames(&again, `<sign> & "send"`, spots)); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b.Bytes(), again.Bytes()) {
		t.Error("two graphs of one profile differ")
	}
	var titles []string
	for d := xml.NewDecoder(bytes.NewReader(b.Bytes())); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, b.String())
		}
		if begin, ok := token.(xml.StartElement); ok && begin.Name.Local == "title" {
			var title string
			if err := d.DecodeElement(&title, &begin); err != nil {
				t.Fatal(err)
			}
			titles = append(titles, title)
		}
	}
	want := []string{
		`<sign> & "send": 1,000 units of fuel`, "all: 100.0%, 1,000 units", "handler (action.js): 97.0%, 970 units", "sign (node_modules/@big/int/index.js): 90.0%, 900 units",
		"mul (node_modules/@big/int/lib/mul.js): 90.0%, 900 units", "mul (node_modules/@big/int/lib/mul.js): 30.0%, 300 units",
		"(anonymous) (action.js): 6.0%, 60 units", "__name: 1.0%, 10 units", "(runtime): 3.0%, 30 units",
	}
	if !slices.Equal(titles, want) {
		t.Errorf("titles\n%s\nwant\n%s", strings.Join(titles, "\n"), strings.Join(want, "\n"))
	}
	for _, foreign := range []string{"href", "<script", "url("} {
		if strings.Contains(b.String(), foreign) {
			t.Errorf("the graph has %s: it must need nothing else", foreign)
		}
	}
}
