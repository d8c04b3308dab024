//go:build !wasm

package abi

// Host stands in for the host where there is none. Its methods are the
// functions of this package, one by one.
type Host interface {
	Input() []byte
	SetOutput(output []byte)
	SetError(message string)
	Secret(name string) ([]byte, bool)
	Config(name string) ([]byte, bool)
	HTTPSend(request []byte) []byte
	CacheGet(key string) []byte
	CacheSet(request []byte) []byte
	CacheDelete(key string) []byte
	Log(level int32, message string)
	Sleep(millis int64)
}

// Current is the host that the functions call. Package ushertest sets it.
var Current Host

func current() Host {
	if Current == nil {
		panic("usher: there is no host here: build for GOOS=wasip1 GOARCH=wasm, or test with ushertest.Run")
	}
	return Current
}

// The functions are documented in guest.go.

func Input() []byte                     { return current().Input() }
func SetOutput(output []byte)           { current().SetOutput(output) }
func SetError(message string)           { current().SetError(message) }
func Secret(name string) ([]byte, bool) { return current().Secret(name) }
func Config(name string) ([]byte, bool) { return current().Config(name) }
func HTTPSend(request []byte) []byte    { return current().HTTPSend(request) }
func CacheGet(key string) []byte        { return current().CacheGet(key) }
func CacheSet(request []byte) []byte    { return current().CacheSet(request) }
func CacheDelete(key string) []byte     { return current().CacheDelete(key) }
func Log(level int32, message string)   { current().Log(level, message) }
func Sleep(millis int64)                { current().Sleep(millis) }
