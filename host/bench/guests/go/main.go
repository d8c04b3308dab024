//go:build wasip1

// Command go is a guest in Go: it parses the event's JSON with the standard
// library and logs one line.
package main

import (
	"encoding/binary"
	"encoding/json"
)

//go:wasmimport extism:host/env alloc
func alloc(length uint64) uint64

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

//go:wasmimport extism:host/env log_info
func logInfo(offset uint64)

type input struct {
	Event struct {
		Tenant struct {
			ID string `json:"id"`
		} `json:"tenant"`
		Transaction struct {
			RequestedScopes []string `json:"requested_scopes"`
		} `json:"transaction"`
		User struct {
			UserID   string         `json:"user_id"`
			Email    string         `json:"email"`
			Name     string         `json:"name"`
			Metadata map[string]any `json:"user_metadata"`
		} `json:"user"`
	} `json:"event"`
}

//go:wasmexport onExecutePostUserRegistration
func onExecutePostUserRegistration() int32 {
	line, ok := describe(read())
	if !ok {
		return 1
	}
	log(line)
	return 0
}

func describe(data []byte) (string, bool) {
	var in input
	if err := json.Unmarshal(data, &in); err != nil {
		return "", false
	}
	user := in.Event.User
	return "new user " + user.UserID + " " + user.Email + " of " + in.Event.Tenant.ID, user.UserID != ""
}

func read() []byte {
	n := inputLength()
	data := make([]byte, n)
	at := uint64(0)
	for ; at+8 <= n; at += 8 {
		binary.LittleEndian.PutUint64(data[at:], inputLoadU64(at))
	}
	for ; at < n; at++ {
		data[at] = byte(inputLoadU8(at))
	}
	return data
}

func log(line string) {
	data := []byte(line)
	to, at := alloc(uint64(len(data))), 0
	for ; at+8 <= len(data); at += 8 {
		storeU64(to+uint64(at), binary.LittleEndian.Uint64(data[at:]))
	}
	for ; at < len(data); at++ {
		storeU8(to+uint64(at), uint32(data[at]))
	}
	logInfo(to)
}

func main() {}
