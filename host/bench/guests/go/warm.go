//go:build wasip1 && warm

package main

const sample = `{"event":{"tenant":{"id":"t"},"transaction":{"requested_scopes":["openid"]},` +
	`"user":{"user_id":"u","email":"e","name":"n","user_metadata":{"k":"v"}}},"execution":{"attempt":1}}`

// warmUp parses once before the image is made: what the standard library
// builds on first use is in the image then.
//
//go:wasmexport usher_warm_up
func warmUp() {
	_, _ = describe([]byte(sample))
}
