package host

import "strings"

// ProblemType is the media type of every error answer.
const ProblemType = "application/problem+json"

// ProblemBase begins every problem's type; a [Code] in kebab-case ends it. Each host explains
// the types at its own path /problems, where a Link header of the answer leads.
const ProblemBase = "https://usherhost.dev/problems/"

// ProblemDetails is an RFC 9457 document. Type is stable and made for programs, Title is
// HTTP's name of the status, Detail and Hint are for people.
type ProblemDetails struct {
	Type      string  `json:"type"`
	Title     string  `json:"title"`
	Status    int     `json:"status"`
	Detail    string  `json:"detail,omitempty"`
	Hint      string  `json:"hint,omitempty"`
	Errors    []Field `json:"errors,omitempty"`
	RequestID string  `json:"request_id,omitempty"`
}

// Code returns the code that Type ends with, for clients. A type that is not
// Usher's, or has no code, gives Internal.
func (p ProblemDetails) Code() Code {
	name, ours := strings.CutPrefix(p.Type, ProblemBase)
	if !ours || name == "" {
		return Internal
	}
	return Code(strings.ReplaceAll(name, "-", "_"))
}
