package seal_test

import (
	"context"
	"fmt"

	"github.com/usherhost/usher/host/seal"
)

func Example() {
	store := &memory{} // in the host: the database
	box, err := seal.Open(context.Background(), seal.Options{Key: seal.NewKey()}, store)
	if err != nil {
		fmt.Println(err)
		return
	}
	sealed, _ := box.Seal([]byte("xoxb-123"), []byte("act_1/SLACK_TOKEN"))
	value, _ := box.Open(sealed, []byte("act_1/SLACK_TOKEN"))
	fmt.Println(string(value))
	_, err = box.Open(sealed, []byte("act_2/SLACK_TOKEN"))
	fmt.Println(err != nil)
	// Output:
	// xoxb-123
	// true
}
