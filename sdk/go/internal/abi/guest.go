//go:build wasm

package abi

//go:wasmimport extism:host/env alloc
func alloc(length uint64) uint64

//go:wasmimport extism:host/env free
func free(offset uint64)

//go:wasmimport extism:host/env length
func length(offset uint64) uint64

//go:wasmimport extism:host/env load_u64
func loadU64(offset uint64) uint64

//go:wasmimport extism:host/env load_u8
func loadU8(offset uint64) uint32

//go:wasmimport extism:host/env store_u64
func storeU64(offset, value uint64)

//go:wasmimport extism:host/env store_u8
func storeU8(offset uint64, value uint32)

//go:wasmimport extism:host/env input_length
func inputLength() uint64

//go:wasmimport extism:host/env input_load_u64
func inputLoadU64(offset uint64) uint64

//go:wasmimport extism:host/env input_load_u8
func inputLoadU8(offset uint64) uint32

//go:wasmimport extism:host/env output_set
func outputSet(offset, length uint64)

//go:wasmimport extism:host/env error_set
func errorSet(offset uint64)

//go:wasmimport extism:host/env config_get
func configGet(key uint64) uint64

//go:wasmimport usher:host/v1 retry_stop
func retryStop() uint64

//go:wasmimport usher:host/v1 secret_get
func secretGet(name uint64) uint64

//go:wasmimport usher:host/v1 http_send
func httpSend(request uint64) uint64

//go:wasmimport usher:host/v1 cache_get
func cacheGet(key uint64) uint64

//go:wasmimport usher:host/v1 cache_set
func cacheSet(request uint64) uint64

//go:wasmimport usher:host/v1 cache_delete
func cacheDelete(key uint64) uint64

//go:wasmimport usher:host/v1 access_deny
func accessDeny(request uint64) uint64

//go:wasmimport usher:host/v1 validation_error
func validationError(request uint64) uint64

//go:wasmimport usher:host/v1 user_metadata_set
func userMetadataSet(request uint64) uint64

//go:wasmimport usher:host/v1 app_metadata_set
func appMetadataSet(request uint64) uint64

//go:wasmimport usher:host/v1 user_id_set
func userIDSet(request uint64) uint64

//go:wasmimport usher:host/v1 log_write
func logWrite(level int32, message uint64)

//go:wasmimport usher:host/v1 clock_sleep
func clockSleep(millis uint64)

// Input returns what the host passed to the run.
func Input() []byte { return read(inputLength(), inputLoadU64, inputLoadU8) }

// SetOutput sets what the run returns. It stays allocated for the host.
func SetOutput(output []byte) { outputSet(put(output), uint64(len(output))) }

// SetError sets why the run failed. It stays allocated for the host.
func SetError(message string) { errorSet(put([]byte(message))) }

// RetryStop says that no further attempt would help, and returns the error as JSON, nil
// when there is none.
func RetryStop() []byte { return take(retryStop()) }

// Secret returns a secret's value, and false when it has none.
func Secret(name string) ([]byte, bool) { return ask(secretGet, []byte(name)) }

// Config returns a setting's value, and false when it has none.
func Config(name string) ([]byte, bool) { return ask(configGet, []byte(name)) }

// HTTPSend passes a request on and returns the answer, both JSON.
func HTTPSend(request []byte) []byte { return must(ask(httpSend, request)) }

// CacheGet returns the record at key as JSON, nil when there is none.
func CacheGet(key string) []byte { return must(ask(cacheGet, []byte(key))) }

// CacheSet passes a request on and returns the answer, both JSON.
func CacheSet(request []byte) []byte { return must(ask(cacheSet, request)) }

// CacheDelete forgets key and returns the answer as JSON.
func CacheDelete(key string) []byte { return must(ask(cacheDelete, []byte(key))) }

// The commands of a trigger that decides pass a request on, which is JSON, and return
// the error as JSON, nil when the host took it.

// AccessDeny denies.
func AccessDeny(request []byte) []byte { return must(ask(accessDeny, request)) }

// ValidationError gives a validation error.
func ValidationError(request []byte) []byte { return must(ask(validationError, request)) }

// UserMetadataSet sets a key of the user's metadata.
func UserMetadataSet(request []byte) []byte { return must(ask(userMetadataSet, request)) }

// AppMetadataSet sets a key of the app's metadata.
func AppMetadataSet(request []byte) []byte { return must(ask(appMetadataSet, request)) }

// UserIDSet sets the user's id.
func UserIDSet(request []byte) []byte { return must(ask(userIDSet, request)) }

// Log writes a line at a level from 0, trace, to 4, error.
func Log(level int32, message string) {
	offset := put([]byte(message))
	logWrite(level, offset)
	free(offset)
}

// Sleep waits.
func Sleep(millis int64) { clockSleep(uint64(max(millis, 0))) }

// ask calls f with message and returns its answer; offset 0 is none. Both
// blocks of host memory are given back.
func ask(f func(uint64) uint64, message []byte) ([]byte, bool) {
	request := put(message)
	answer := f(request)
	free(request)
	return take(answer), answer != 0
}

// take copies a block out of the host's memory and gives it back; nil for offset 0.
func take(answer uint64) []byte {
	if answer == 0 {
		return nil
	}
	defer free(answer)
	return read(length(answer),
		func(at uint64) uint64 { return loadU64(answer + at) },
		func(at uint64) uint32 { return loadU8(answer + at) })
}

func must(answer []byte, _ bool) []byte { return answer }

// put copies data into a new block of host memory.
func put(data []byte) uint64 {
	offset := alloc(uint64(len(data)))
	write(data,
		func(at, value uint64) { storeU64(offset+at, value) },
		func(at uint64, value uint32) { storeU8(offset+at, value) })
	return offset
}
