package bundle_test

import (
	"context"
	"fmt"

	"github.com/usherhost/usher/host/jsbuild/bundle"
)

func ExampleMake() {
	b, err := bundle.Make(context.Background(), bundle.Source{Name: "action.ts", Code: []byte(`
		import { createHash } from "node:crypto";
		export async function onExecutePostUserRegistration(event: { user: { email: string } }): Promise<void> {
			console.log(createHash("sha256").update(event.user.email).digest("hex"));
		}`)}, bundle.Options{})
	if err != nil {
		panic(err)
	}
	fmt.Println(b.Builtins, b.Packages)
	// Output: [crypto] []
}
