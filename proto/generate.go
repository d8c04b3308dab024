package proto

// Everything that is generated from the contract, in one command:
//
//	go generate ./proto

//go:generate go tool -modfile=../.tools/go.mod buf generate
//go:generate go tool -modfile=../.tools/go.mod buf generate --template buf.gen.events.yaml
//go:generate go run ./internal/abidoc
