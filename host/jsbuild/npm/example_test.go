package npm_test

import (
	"fmt"

	"github.com/usherhost/usher/host/jsbuild/npm"
)

func ExampleParseSpecifier() {
	s, ok := npm.ParseSpecifier("@slack/webhook@^7/dist/index.js")
	fmt.Println(s.Name, s.Version, s.Sub, ok)
	_, ok = npm.ParseSpecifier("./lib/crm")
	fmt.Println(ok)
	// Output:
	// @slack/webhook ^7 /dist/index.js true
	// false
}
