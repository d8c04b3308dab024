//go:build !wasm

package abi

func current() Host {
	if Current == nil {
		panic("usher: there is no host here: build for GOOS=wasip1 GOARCH=wasm, or test with ushertest.Run")
	}
	return Current
}

// The functions are documented in guest.go.

func Input() []byte                         { return current().Input() }
func SetOutput(output []byte)               { current().SetOutput(output) }
func SetError(message string)               { current().SetError(message) }
func RetryStop() []byte                     { return current().RetryStop() }
func Secret(name string) ([]byte, bool)     { return current().Secret(name) }
func Config(name string) ([]byte, bool)     { return current().Config(name) }
func HTTPSend(request []byte) []byte        { return current().HTTPSend(request) }
func CacheGet(key string) []byte            { return current().CacheGet(key) }
func CacheSet(request []byte) []byte        { return current().CacheSet(request) }
func CacheDelete(key string) []byte         { return current().CacheDelete(key) }
func AccessDeny(request []byte) []byte      { return current().AccessDeny(request) }
func ValidationError(request []byte) []byte { return current().ValidationError(request) }
func UserMetadataSet(request []byte) []byte { return current().UserMetadataSet(request) }
func AppMetadataSet(request []byte) []byte  { return current().AppMetadataSet(request) }
func UserIDSet(request []byte) []byte       { return current().UserIDSet(request) }
func Log(level int32, message string)       { current().Log(level, message) }
func Sleep(millis int64)                    { current().Sleep(millis) }
