package tape_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/tape"
)

// recorded is a tape with everything that one can have.
func recorded() host.Tape {
	s := host.DefaultSettings()
	s.Limits.Fuel, s.Config = 7, map[string]string{"a": "b"}
	return host.Tape{
		Seed: bytes.Repeat([]byte{7}, 32), Start: time.UnixMicro(1_790_000_000_123_456).UTC(),
		Secrets: map[string]string{"API_KEY": "key-0123456789", "RAW": "\xff\x00"}, Key: bytes.Repeat([]byte{9}, 16),
		Untaken:  []host.Call{{Ordinal: 7, Function: "http_wait", Answer: json.RawMessage(`{"handle":3}`)}},
		Settings: &s, UserMetadataBytes: 5, AppMetadataBytes: 6,
		Calls: []host.Call{
			{Function: "secret_get", Request: json.RawMessage(`{"name":"API_KEY"}`), Answer: json.RawMessage(`{"value":"key-0123456789"}`), EndMicros: 12},
			{Ordinal: 1, Function: "clock_sleep", EndMicros: -1, HeldBytes: 77, Attempt: 2, At: time.UnixMicro(1_790_000_000_999_999).UTC()},
			{
				Ordinal: 2, Function: "http_send", Request: json.RawMessage(`{"method":"POST","url":"https://a.example/"}`), Answer: json.RawMessage(`null`),
				RequestCut: &host.Cut{Bytes: 1 << 20, SHA256: []byte{1}}, AnswerCut: &host.Cut{Bytes: 2 << 20, SHA256: []byte{2}},
			},
		},
	}
}

// long is a tape of many blocks.
func long(calls int) host.Tape {
	t := host.Tape{Seed: []byte{1}}
	for i := range calls {
		t.Calls = append(t.Calls, host.Call{
			Ordinal: i, Function: "http_send", EndMicros: int64(i),
			Request: json.RawMessage(fmt.Sprintf(`{"url":"https://a.example/%d","body":%q}`, i, strings.Repeat("x", 1000))),
			Answer:  json.RawMessage(fmt.Sprintf(`{"status":200,"body":"%d"}`, i)),
		})
	}
	return t
}

func encoded(t testing.TB, from host.Tape) []byte {
	t.Helper()
	b, err := tape.Encode(&from, 0)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestATapeComesBackAsItWas(t *testing.T) {
	t.Parallel()
	full := recorded()
	zeroed := recorded()
	zeroed.Settings.Retry, zeroed.Settings.Checkpoint = host.Retry{MaxAttempts: 1}, ""
	usual := host.DefaultSettings()
	for name, want := range map[string]host.Tape{
		"empty": {}, "seed alone": {Seed: full.Seed}, "clock alone": {Start: full.Start}, "whole": full, "many blocks": long(2000),
		"calls alone":          {Calls: full.Calls},
		"settings of defaults": {Settings: &usual}, "settings without a usual one": zeroed,
	} {
		got, err := tape.Decode(encoded(t, want))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, want %+v (%v)", name, got, want, err)
		}
	}
}

func TestEverySettingComesBack(t *testing.T) {
	t.Parallel()
	settings := reflect.TypeFor[host.Settings]()
	for i := range settings.NumField() {
		s := host.DefaultSettings()
		fill(reflect.ValueOf(&s).Elem().Field(i))
		got, err := tape.Decode(encoded(t, host.Tape{Settings: &s}))
		if err != nil || !reflect.DeepEqual(got.Settings, &s) {
			t.Errorf("%s: %+v, want %+v (%v)", settings.Field(i).Name, got.Settings, s, err)
		}
	}
}

// fill sets all of v to what is no default.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	case reflect.String:
		v.SetString("other")
	case reflect.Int, reflect.Int64:
		v.SetInt(3)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.Map:
		v.Set(reflect.ValueOf(map[string]string{"k": "v"}))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	default:
		panic(v.Kind())
	}
}

func TestATapeWithSecretsGetsAKey(t *testing.T) {
	t.Parallel()
	from := recorded()
	from.Key = nil
	a, errA := tape.Decode(encoded(t, from))
	b, errB := tape.Decode(encoded(t, from))
	if errA != nil || errB != nil || len(a.Key) != 16 || bytes.Equal(a.Key, b.Key) {
		t.Errorf("keys %x and %x (%v, %v)", a.Key, b.Key, errA, errB)
	}
	if from.Key != nil {
		t.Error("the tape that was encoded has changed")
	}
	if got, err := tape.Decode(encoded(t, host.Tape{Seed: []byte{1}})); err != nil || got.Key != nil {
		t.Errorf("without secrets the key is %x (%v)", got.Key, err)
	}
}

func TestAPageIsReadWithoutTheOthers(t *testing.T) {
	t.Parallel()
	want := long(2000)
	b := encoded(t, want)
	for _, page := range [][2]int{{0, 10}, {990, 20}, {1999, 5}, {2000, 5}, {-3, 2}, {7, 0}, {0, 2000}} {
		r, err := tape.Open(b)
		if err != nil || r.Len() != 2000 || !bytes.Equal(r.Head().Seed, want.Seed) || r.Head().Calls != nil {
			t.Fatalf("%d calls (%v)", r.Len(), err)
		}
		first := max(page[0], 0)
		got, err := r.Calls(page[0], page[1])
		if err != nil || !slices.EqualFunc(got, want.Calls[first:min(first+page[1], 2000)], func(a, b host.Call) bool { return reflect.DeepEqual(a, b) }) {
			t.Errorf("page %v has %d calls (%v)", page, len(got), err)
		}
	}
	// The last block is damaged, and its checksum made right again: the others are read.
	b[len(b)-1]++
	b[len(b)-2]++
	seal(b)
	r, err := tape.Open(b)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Calls(0, 10); err != nil {
		t.Error(err)
	}
	if _, err := r.Calls(1990, 10); host.CodeOf(err) != host.Corrupt {
		t.Errorf("the damaged page gave %v", err)
	}
}

// seal makes the checksum of an encoded tape right.
func seal(b []byte) {
	binary.LittleEndian.PutUint32(b[4:], uint32(len(b)-12))
	binary.LittleEndian.PutUint32(b[8:], crc32.Checksum(b[12:], crc32.MakeTable(crc32.Castagnoli)))
}

func TestLongMessagesAreCutAndMarked(t *testing.T) {
	t.Parallel()
	body := strings.Repeat("äb\\n\\u20ac", 400)
	for name, message := range map[string]string{
		"a string":         `{"status":200,"headers":{"a":["b"]},"body":"` + body + `"}`,
		"two strings":      `{"x":"` + body[:891] + `","body":"` + body[:1188] + `"}`,
		"base64":           `{"body_base64":"` + strings.Repeat("QUJD", 500) + `"}`,
		"many short ones":  `[` + strings.Repeat(`"abc",`, 700) + `1]`,
		"a long key alone": `{"` + strings.Repeat("k", 3000) + `":1}`,
	} {
		from := host.Tape{Calls: []host.Call{{Function: "f", Request: json.RawMessage(message), Answer: json.RawMessage(message)}}}
		for most := int64(300); most < 1500; most += 37 {
			b, err := tape.Encode(&from, most)
			if err != nil {
				t.Fatal(err)
			}
			got, err := tape.Decode(b)
			if err != nil {
				t.Fatalf("%s, %d: %v", name, most, err)
			}
			c := got.Calls[0]
			if int64(len(c.Request)) > most || !json.Valid(c.Request) || c.RequestCut == nil || c.AnswerCut == nil ||
				c.RequestCut.Bytes != int64(len(message)) || !bytes.Equal(c.Request, c.Answer) {
				t.Fatalf("%s, %d: %+v", name, most, c)
			}
			var base struct {
				Body []byte `json:"body_base64"`
			}
			if name == "base64" && json.Unmarshal(c.Request, &base) != nil {
				t.Fatalf("%d: %s", most, c.Request)
			}
			if again, err := tape.Decode(encoded(t, got)); err != nil || !reflect.DeepEqual(again, got) {
				t.Fatalf("%s: encoded again it is %+v (%v)", name, again, err)
			}
		}
		b, err := tape.Encode(&from, int64(len(message)))
		if got, err2 := tape.Decode(b); err != nil || err2 != nil || got.Calls[0].RequestCut != nil || string(got.Calls[0].Answer) != message {
			t.Errorf("%s: what fits was cut", name)
		}
	}
}

func TestADamagedTapeIsAClearError(t *testing.T) {
	t.Parallel()
	whole := encoded(t, recorded())
	changed := func(change func(b []byte) []byte) []byte { return change(slices.Clone(whole)) }
	shuffled := host.Tape{Calls: []host.Call{{Function: "a"}, {Ordinal: 1, Function: "b"}}}
	two := encoded(t, shuffled)
	for _, tt := range []struct {
		name, wants string
		tape        []byte
		code        host.Code
	}{
		{name: "nothing", wants: "no tape", tape: nil},
		{name: "foreign", wants: "no tape", tape: []byte("SQLite format 3\x00")},
		{name: "foreign JSON", wants: `unknown field "user"`, tape: []byte(`{"user":1}`)},
		{name: "JSON with more behind it", wants: "more follows", tape: []byte(`{"seed":"AA=="}{}`)},
		{name: "half of JSON", wants: "no tape", tape: []byte(`{"calls":[{"n":0`)},
		{name: "JSON out of order", wants: "call 1 is at the place of call 0", tape: []byte(`{"calls":[{"n":1,"fn":"a","end_us":1}]}`)},
		{name: "cut", wants: "was cut", tape: whole[:len(whole)-1]},
		{name: "cut in its first bytes", wants: "was cut", tape: whole[:7]},
		{name: "longer", wants: "1 more than", tape: append(slices.Clone(whole), 0)},
		{name: "one byte changed", wants: "checksum", tape: changed(func(b []byte) []byte { b[40]++; return b })},
		{name: "newer", wants: "formats up to 1", tape: changed(func(b []byte) []byte { b[3] = 2; return b }), code: host.Refused},
		{name: "format 0", wants: "format 0", tape: changed(func(b []byte) []byte { b[3] = 0; return b })},
		{
			name: "reordered", wants: "call 1 is at the place of call 0",
			tape: func() []byte {
				b := bytes.ReplaceAll(slices.Clone(two), []byte("\x03\x12\x01a"), []byte("\x05\x08\x01\x12\x01b"))
				b[13], b[14] = b[13]+2, b[14]+2
				seal(b)
				return b
			}(),
		},
	} {
		_, err := tape.Decode(tt.tape)
		if code := host.CodeOf(err); err == nil || !strings.Contains(err.Error(), tt.wants) || tt.code == "" && code != host.Corrupt || tt.code != "" && code != tt.code {
			t.Errorf("%s: %v (%s), want %q", tt.name, err, code, tt.wants)
		}
	}
	unordered := host.Tape{Calls: []host.Call{{Ordinal: 1}}}
	if _, err := tape.Encode(&unordered, 0); err == nil {
		t.Error("a tape out of order was encoded")
	}
}

func TestEveryChangedByteIsSeen(t *testing.T) {
	t.Parallel()
	whole := encoded(t, recorded())
	for i := range whole {
		for _, bit := range []byte{1, 0x80} {
			b := slices.Clone(whole)
			b[i] ^= bit
			if _, err := tape.Decode(b); err == nil {
				t.Errorf("byte %d changed by %#x is not seen", i, bit)
			}
		}
	}
}

func TestABombIsNotUnpacked(t *testing.T) {
	t.Parallel()
	bomb := encoded(t, host.Tape{Calls: []host.Call{{Function: "f", Answer: json.RawMessage(`"` + strings.Repeat("x", 32<<20) + `"`)}}})
	if len(bomb) > 1<<20 {
		t.Fatalf("%d bytes", len(bomb))
	}
	head, rest := bomb[:12], bomb[12:]
	many := slices.Clone(head)
	for range 8 {
		many = append(many, rest...)
	}
	seal(many)
	if _, err := tape.Open(many); err == nil || !strings.Contains(err.Error(), "the most that is read") {
		t.Errorf("256 MiB in %d bytes: %v", len(many), err)
	}
	// A block says that it has less than what it unpacks to.
	small := slices.Clone(bomb)
	_, a := binary.Uvarint(small[12:])
	_, b := binary.Uvarint(small[12+a:])
	at := 12 + a + b
	_, n := binary.Uvarint(small[at:])
	short := append(binary.AppendUvarint(slices.Clone(small[:at]), 1<<20), small[at+n:]...)
	seal(short)
	if _, err := tape.Open(short); err == nil || !strings.Contains(err.Error(), "unpacked") {
		t.Errorf("a block that is longer than it says: %v", err)
	}
}

func TestTapesThatWereStoredAsJSONAreRead(t *testing.T) {
	t.Parallel()
	const stored = `{"seed":"AQI=","start":"2026-11-30T10:00:00.000123Z","secrets":{"A":"<b>"},"calls":[` +
		`{"n":0,"fn":"secret_get","req":{"name":"A"},"ans":{"value":"\u003cb\u003e"},"end_us":12},{"n":1,"fn":"clock_sleep","end_us":-1}]}`
	want := host.Tape{
		Seed: []byte{1, 2}, Start: time.Date(2026, 11, 30, 10, 0, 0, 123_000, time.UTC), Secrets: map[string]string{"A": "<b>"},
		Calls: []host.Call{
			{Function: "secret_get", Request: json.RawMessage(`{"name":"A"}`), Answer: json.RawMessage(`{"value":"\u003cb\u003e"}`), EndMicros: 12},
			{Ordinal: 1, Function: "clock_sleep", EndMicros: -1},
		},
	}
	got, err := tape.Decode([]byte(stored))
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v (%v)", got, want, err)
	}
	r, err := tape.Open([]byte(stored))
	if err != nil || r.Len() != 2 {
		t.Fatal(err)
	}
	if page, err := r.Calls(1, 5); err != nil || !reflect.DeepEqual(page, want.Calls[1:]) {
		t.Errorf("%+v (%v)", page, err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(encoded(f, recorded()))
	f.Add(encoded(f, long(300)))
	f.Add(encoded(f, host.Tape{}))
	f.Add([]byte(`{"seed":"AQI=","calls":[{"n":0,"fn":"a","end_us":1}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 12 && string(b[:3]) == "UTP" {
			seal(b)
		}
		got, err := tape.Decode(b)
		if err != nil {
			if code := host.CodeOf(err); code != host.Corrupt && code != host.Refused {
				t.Fatalf("%v has the code %q", err, code)
			}
			return
		}
		again, err := tape.Encode(&got, 0)
		if err != nil {
			t.Fatal(err)
		}
		same, err := tape.Decode(again)
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Secrets) > 0 && got.Key == nil {
			got.Key = same.Key
		}
		a, errA := json.Marshal(got)
		c, errC := json.Marshal(same)
		if errA != nil || errC != nil || !bytes.Equal(a, c) {
			t.Fatalf("%s\n%s (%v, %v)", a, c, errA, errC)
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	whole := recorded()
	whole.Calls, whole.Untaken = whole.Calls[:2], nil
	for name, from := range map[string]host.Tape{"seed": {Seed: whole.Seed, Start: whole.Start}, "two calls": whole, "200 calls": long(200)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				encoded, err := tape.Encode(&from, 1<<20)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(len(encoded)), "B")
			}
		})
	}
}
