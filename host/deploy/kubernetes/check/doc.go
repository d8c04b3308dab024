// Package check reads the manifests as Kubernetes itself does, whose types are a module
// that the host does not need.
package check
