package main

import "strings"

// input is what the action reads of the envelope.
type input struct {
	Event struct {
		User struct {
			Email string `json:"email"`
			Name  string `json:"name"`
		} `json:"user"`
		Secrets map[string]string `json:"secrets"`
	} `json:"event"`
}

// Slack reads these as markup: a user named <!channel> would call everybody.
var escape = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

func text(email, name string) string {
	line := "New user: " + email
	if name != "" {
		line += " (" + name + ")"
	}
	return escape.Replace(line)
}
