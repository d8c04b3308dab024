package jsbuild_test

import (
	"strings"
	"testing"

	"github.com/usherhost/usher/host/internal/jstest"
)

// TestMalformedUTF8IsReplacedByTheStandard reads bytes in ways that go to the
// engine itself: one U+FFFD stands for each beginning of a sequence that is
// well formed as far as it goes, and for each other byte.
func TestMalformedUTF8IsReplacedByTheStandard(t *testing.T) {
	t.Parallel()
	cases := []struct{ bytes, want string }{
		{"61 c3 bc e2 82 ac f0 9f 98 80", "aü€😀"},
		{"80 62", "�b"},
		{"c0 af", "��"},
		{"e0 80 af", "���"},
		{"ed a0 80", "���"},
		{"ed bf bf 61", "���a"},
		{"f0 80 80 af", "����"},
		{"f4 90 80 80", "����"},
		{"f5 80", "��"},
		{"e2 82", "�"},
		{"e2 82 61", "�a"},
		{"f0 9f 98", "�"},
		{"f0 9f 41", "�A"},
		{"f0 9f f0 9f 98 80", "�😀"},
		{"ff fe", "��"},
		{"ef bf bd", "�"},
		{"61 61 61 61 61 61 61 61 c3", "aaaaaaaa�"},
	}
	var list []string
	for _, c := range cases {
		list = append(list, `"`+strings.ReplaceAll(c.bytes, " ", "")+`"`)
	}
	result, _ := run(t, handling(`for (const hex of [`+strings.Join(list, ",")+`]) {
		const bytes = Buffer.from(hex, "hex");
		console.log(bytes.toString());
		if (new TextDecoder().decode(bytes) !== bytes.toString()) console.log("TextDecoder differs");
	}`), jstest.Run{})
	var want []string
	for _, c := range cases {
		want = append(want, c.want)
	}
	if got := messages(result); got != strings.Join(want, "|") {
		t.Errorf("got  %q\nwant %q, error %+v", got, strings.Join(want, "|"), result.Error)
	}
}
