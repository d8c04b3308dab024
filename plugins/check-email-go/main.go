// This action refuses registrations with disposable e-mail addresses, and keeps the
// metadata "company" in one spelling.
package main

import (
	"encoding/json"
	"strings"

	usher "github.com/usherhost/usher/sdk/go"
)

//go:wasmexport onExecutePreUserRegistration
func onExecutePreUserRegistration() int32 { return usher.Handle(check) }

// disposable are domains of mailboxes that anyone can read. Their subdomains count, too.
var disposable = map[string]bool{
	"guerrillamail.example": true,
	"mailinator.example":    true,
	"ten-minutes.example":   true,
}

// maxCompany is the length of a company's name, in characters.
const maxCompany = 80

func check(e *usher.PreUserRegistrationEvent) (any, error) {
	if domain := domainOf(e.User.Email); isDisposable(domain) {
		usher.Logf("refused an address at %s", domain)
		return nil, usher.Deny("disposable_email", "Please register with an address that you keep.")
	}
	value, ok := e.User.UserMetadata["company"]
	if !ok {
		return nil, nil
	}
	var company string
	if json.Unmarshal(value, &company) != nil {
		return nil, usher.ValidationError("company", "The company must be a name.")
	}
	company = strings.Join(strings.Fields(company), " ")
	if len([]rune(company)) > maxCompany {
		return nil, usher.ValidationError("company", "The company's name is too long.")
	}
	if company == "" {
		return nil, usher.SetUserMetadata("company", nil)
	}
	return nil, usher.SetUserMetadata("company", company)
}

// domainOf returns the domain of an address in lower case, without the dot that may
// end it; "" for a user without an address, who registers by phone.
func domainOf(email string) string {
	at := strings.LastIndexByte(email, '@')
	if at < 0 {
		return ""
	}
	return strings.TrimSuffix(strings.ToLower(email[at+1:]), ".")
}

// isDisposable looks for the domain and for every one above it.
func isDisposable(domain string) bool {
	for domain != "" {
		if disposable[domain] {
			return true
		}
		_, domain, _ = strings.Cut(domain, ".")
	}
	return false
}

func main() {}
