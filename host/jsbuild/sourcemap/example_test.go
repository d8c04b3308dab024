package sourcemap_test

import (
	"fmt"

	"github.com/usherhost/usher/host/jsbuild/sourcemap"
)

func ExampleApply() {
	sourceMap := []byte(`{"version":3,"sources":["action.js"],"names":[],"mappings":";AAAA"}`)
	fmt.Println(sourcemap.Apply(sourceMap, "TypeError: no\n    at usher-bundle.js:2:1"))
	// Output:
	// TypeError: no
	//     at action.js:1:1
}
