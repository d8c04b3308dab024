package jsbuild_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/usherhost/usher/host/internal/jstest"
)

// differing compares values of the event, which the glue parses, with those
// that the engine parses: own keys in order, types, numbers to the sign of zero.
const differing = `
	const same = (a, b) => {
		if (typeof a !== "object" || a === null || typeof b !== "object" || b === null) return Object.is(a, b);
		const keys = Reflect.ownKeys(a);
		return Array.isArray(a) === Array.isArray(b) && Object.getPrototypeOf(a) === Object.getPrototypeOf(b) &&
			keys.join() === Reflect.ownKeys(b).join() && keys.every((key) => same(Object.getOwnPropertyDescriptor(a, key).value, Object.getOwnPropertyDescriptor(b, key).value));
	};
	for (const { value, text } of event.pairs) {
		if (!same(value, JSON.parse(text))) console.log(text, "became", JSON.stringify(value));
	}
	console.log(event.pairs.length);`

// TestTheInputIsWhatTheEngineWouldParse gives the glue's own parser what is
// plain, what it leaves to the engine, and what lies between.
func TestTheInputIsWhatTheEngineWouldParse(t *testing.T) {
	t.Parallel()
	values := []string{
		`null`, `true`, `false`, `[]`, `{}`, ` [ ] `, "{\t}", `0`, `-0`, `1`, `-1`, `123456789`, `1234567890`, `9007199254740993`, `1e3`, `1E-7`, `0.5`, `-12.25e+2`, `1e400`,
		`""`, `"a"`, `"1234567"`, `"12345678"`, `"123456789"`, `"é"`, `"aaaaaaaé"`, `"😀"`, `"\u00e9"`, `"\ud83d\ude00"`, `"\ud83d"`, `"\"\\\/\b\f\n\r\t"`, `"aaaaaaaa\\"`, `"\\\""`, "\"\x7f\"",
		`{"a":1,"b":2,"a":3}`, `{"__proto__":{"a":1}}`, `{"2":1,"1":2,"b":3,"a":4,"-1":5,"01":6,"4294967295":7}`, `{"":1}`, `{"é":1,"Ã©":2}`, `{"a\u0062":1,"ab":2}`, `{"length":1,"constructor":2}`,
		`[1 , 2,[3,{"a":[4]}]]`, "{ \"a\" :\r\n 1 , \"b\":[ true,false ,null ] }",
		strings.Repeat("[", 40) + strings.Repeat("]", 40),
		strings.Repeat(`{"a":`, 29) + "1" + strings.Repeat("}", 29),
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 150 {
		values = append(values, randomJSON(random, 0))
	}
	for _, some := range [][]string{values[:40], values[40:]} { // one that is too deep changes how its whole input is parsed
		result, _ := run(t, handling(differing), jstest.Run{Event: pairsOf(t, some)})
		if got := messages(result); got != fmt.Sprint(len(some)) {
			t.Errorf("got %s, error %+v", got, result.Error)
		}
	}
}

func pairsOf(t *testing.T, values []string) string {
	t.Helper()
	var pairs []string
	for _, v := range values {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		pairs = append(pairs, fmt.Sprintf(`{"value":%s,"text":%s}`, v, text))
	}
	return `{"user":{"user_id":"auth0|1"},"pairs":[` + strings.Join(pairs, ",") + `]}`
}

// randomJSON returns a random JSON value.
func randomJSON(random *rand.Rand, depth int) string {
	letters := []string{"a", "b", "name", "user_id", "é", `\n`, `\"`, `\u0041`, "Ω", " ", "1", "0", "12345678"}
	word := func() string {
		text := ""
		for range random.IntN(4) {
			text += letters[random.IntN(len(letters))]
		}
		return `"` + text + `"`
	}
	kinds := 6
	if depth > 3 {
		kinds = 4
	}
	switch random.IntN(kinds) {
	case 0:
		return word()
	case 1:
		return fmt.Sprint(random.IntN(2000) - 1000)
	case 2:
		return fmt.Sprint((random.Float64() - 0.5) * 1e12)
	case 3:
		return []string{"true", "false", "null"}[random.IntN(3)]
	case 4:
		var items []string
		for range random.IntN(5) {
			items = append(items, randomJSON(random, depth+1))
		}
		return "[" + strings.Join(items, ", ") + "]"
	default:
		var members []string
		for range random.IntN(7) {
			members = append(members, word()+":"+randomJSON(random, depth+1))
		}
		return "{" + strings.Join(members, ",") + "}"
	}
}
