// Package check holds what the host gives to other programs against their own code: the
// dashboard against Grafana's types, and the messages of webhooks against the library of
// Standard Webhooks. Both are modules that the host does not need.
package check
