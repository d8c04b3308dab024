package main

// input is what the action reads of the envelope.
type input struct {
	Event struct {
		User    record            `json:"user"`
		Secrets map[string]string `json:"secrets"`
	} `json:"event"`
}

// record is what the remote system gets. Email is null for a user who
// registered by phone.
type record struct {
	UserID string  `json:"user_id"`
	Email  *string `json:"email"`
}
