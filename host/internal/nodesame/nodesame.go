// Package nodesame compares actions in Usher with the same files in Node: its
// test runs both on the same events against the same receiver, and compares
// what the receiver got, what was logged and what the run came to.
package nodesame
