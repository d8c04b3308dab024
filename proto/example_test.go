package proto_test

import (
	"fmt"

	"github.com/usherhost/usher/proto"
)

func ExampleCheckEvent() {
	_, violations := proto.CheckEvent("post-user-registration", []byte(`{
		"user": {"user_id": "auth0|1", "email": 7},
		"request": {"ip": "203.0.113.7", "User_Agent": "curl"}
	}`))
	for _, v := range violations {
		fmt.Println(v.Pointer, v.Detail)
	}
	// Output:
	// /request/User_Agent is not part of the contract; did you mean "user_agent"?
	// /user/email must be a string, is a number
}
