// Package proto holds the contracts of Usher and checks documents against them:
// the events that senders post, the host functions that guests call, and the
// HTTP API. It leaves it to others to act on what it finds.
//
// The sources are usher/v1/*.proto; schema and types hold what is generated
// from them for those who speak JSON and TypeScript. abi describes the host
// functions, conformance holds the vectors that a host of them must pass.
package proto
