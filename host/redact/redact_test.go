package redact_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"math/rand/v2"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/usherhost/usher/host/redact"
)

const pem = "-----BEGIN PRIVATE KEY-----\n" +
	"MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgevZzL1gdAFr88hb2\n" +
	"OF/2NxApJCzGCEDdfSp6VQO30hyhRANCAAQRWz+jn65BtOMvdyHKcvjBeBSDZH2r\n" +
	"1RTwjmYSi9R/zpBnuQ4EiMnCqfMPWiZqB4QdbAd0E7oH50VpuZ1P087G\n" +
	"-----END PRIVATE KEY-----\n"

const token = "sk_live/4eC39+HqLy jWD\"arj\\tT&1z'dp7dc"

func TestTextTakesOutEveryForm(t *testing.T) {
	t.Parallel()
	r := redact.New(map[string]string{"KEY": token})
	jsonText, _ := json.Marshal(token)
	inner := string(jsonText[1 : len(jsonText)-1])
	twice, _ := json.Marshal(inner)
	var escaped, octal, decimal, brackets strings.Builder
	for _, c := range []byte(token) {
		fmt.Fprintf(&escaped, `\u%04X`, c)
		fmt.Fprintf(&octal, `\%o`, c)
		fmt.Fprintf(&decimal, "%3d,\n", c)
		fmt.Fprintf(&brackets, " %02x", c)
	}
	for name, form := range map[string]string{
		"as it is":              token,
		"upper case":            strings.ToUpper(token),
		"JSON":                  inner,
		"JSON with \\/":         strings.ReplaceAll(inner, "/", `\/`),
		"JSON in JSON":          string(twice),
		"JSON, all escaped":     escaped.String(),
		"Go's quotes":           strconv.Quote(token),
		"octal escapes":         octal.String(),
		"octal escapes of some": strings.NewReplacer("_", `\137`, "/", `\057`, " ", `\40`, "\t", `\011`).Replace(token),
		"quoted-printable":      strings.NewReplacer(" ", "=20", "\t", "=09", "/", "=2f").Replace(token),
		"parted by soft breaks": token[:5] + "=\r\n" + token[5:11] + "= \n" + token[11:17] + "=\n" + token[17:],
		"HTML":                  html.EscapeString(token),
		"a form":                url.QueryEscape(token),
		"a path":                url.PathEscape(token),
		"encodeURIComponent":    encodeURIComponent(token),
		"encodeURI":             encodeURI(token),
		"small escapes":         strings.ToLower(url.QueryEscape(token)),
		"percent twice":         url.QueryEscape(url.QueryEscape(token)),
		"base64":                base64.StdEncoding.EncodeToString([]byte(token)),
		"base64url":             base64.RawURLEncoding.EncodeToString([]byte(token)),
		"Basic authorization":   base64.StdEncoding.EncodeToString([]byte("user:" + token)),
		"phase 1":               base64.StdEncoding.EncodeToString([]byte("x" + token + "x")),
		"phase 2":               base64.StdEncoding.EncodeToString([]byte("xy" + token + "x")),
		"base64 in a URL":       url.QueryEscape(base64.StdEncoding.EncodeToString([]byte("{" + token))),
		"JSON in base64":        base64.StdEncoding.EncodeToString([]byte(`{"k":"` + inner + `"}`)),
		"base64 in base64":      base64.StdEncoding.EncodeToString([]byte(base64.StdEncoding.EncodeToString([]byte(token)))),
		"hex":                   hex.EncodeToString([]byte(token)),
		"hex, upper":            strings.ToUpper(hex.EncodeToString([]byte(token))),
		"hex behind a digit":    "a" + hex.EncodeToString([]byte(token)),
		"Node's Buffer":         "<Buffer" + brackets.String() + ">",
		"Node's Uint8Array":     "Uint8Array(38) [\n" + decimal.String() + "]",
		"a part":                token[3:20],
		"with carriage returns": strings.ReplaceAll(token, " ", " \r"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := r.Text("before " + form + " after")
			if strings.Count(got, "[secret KEY]") != 1 || !strings.HasPrefix(got, "before ") || !strings.HasSuffix(got, " after") {
				t.Errorf("got %q of %q", got, form)
			}
			if rest := strings.Replace(got, "[secret KEY]", "", 1); len(rest) > len("before  after")+28 {
				t.Errorf("much is left: %q", got)
			}
		})
	}
}

func TestTextTakesOutCharactersThatWereTakenForBytes(t *testing.T) {
	t.Parallel()
	const password = "Pässwörd-größe-für"
	r := redact.New(map[string]string{"KEY": password, "WIDE": password + "-密码"})
	var latin1, bytesAsCharacters []byte
	for _, c := range password {
		latin1 = append(latin1, byte(c))
	}
	for _, c := range []byte(password) {
		bytesAsCharacters = utf8.AppendRune(bytesAsCharacters, rune(c))
	}
	for name, form := range map[string]string{
		"btoa":                     base64.StdEncoding.EncodeToString(latin1),
		"btoa of Basic":            base64.StdEncoding.EncodeToString(append([]byte("user:"), latin1...)),
		"escape":                   url.QueryEscape(string(latin1)),
		"small escapes":            `P\xe4ssw\xf6rd-gr\xf6\xdfe-f\xfcr`,
		"octal escapes":            `P\344ssw\366rd-gr\366\337e-f\374r`,
		"codes of characters":      strings.Trim(fmt.Sprintf("%d", latin1), "[]"),
		"bytes as characters":      string(bytesAsCharacters),
		"the same in a URL":        url.QueryEscape(string(bytesAsCharacters)),
		"quoted-printable":         "P=C3=A4ssw=C3=B6rd-gr=C3=B6=C3=9Fe-f=C3=BCr",
		"names of characters":      "P&auml;ssw&ouml;rd-gr&ouml;&szlig;e-f&uuml;r",
		"octal escapes of UTF-8":   `P\303\244ssw\303\266rd-gr\303\266\303\237e-f\303\274r`,
		"a header that was echoed": "x-key: " + string(bytesAsCharacters),
	} {
		got := r.Text("before " + form + " after")
		if !strings.Contains(got, "[secret ") || strings.Contains(got, "ss") || strings.Contains(got, "rd") {
			t.Errorf("%s: got %q of %q", name, got, form)
		}
	}
	if got := r.Text("P%E4ssw%F6rd-gr%F6%DFe-f%FCr-%u5BC6%u7801"); got != "[secret WIDE]" {
		t.Errorf("got %q of what escape wrote", got)
	}
}

func TestTextTakesOutAKeyLineByLine(t *testing.T) {
	t.Parallel()
	r := redact.New(map[string]string{"KEY": pem})
	for _, text := range []string{pem, strings.TrimSpace(pem), strings.ReplaceAll(pem, "\n", "\r\n"), strings.ReplaceAll(pem, "\n", `\n`)} {
		if got := strings.Trim(r.Text(text), "\r\n"); got != "[secret KEY]" {
			t.Errorf("got %q", got)
		}
	}
	for line := range strings.Lines(pem) {
		if got := r.Text("> " + strings.TrimSpace(line)); got != "> [secret KEY]" {
			t.Errorf("got %q of a line", got)
		}
	}
}

func TestTextPrefersTheLongerOfTwoValues(t *testing.T) {
	t.Parallel()
	for range 50 { // maps have no order
		r := redact.New(map[string]string{"USER": "acme", "LONG": "acme-corp", "PASSWORD": "acme-s3cr3t-tail", "OTHER": "tail-of-two"})
		const text = "as acme with acme-s3cr3t-tail, acme-corp, acme-s3cr3t-tail-of-two"
		const want = "as [secret USER] with [secret PASSWORD], [secret LONG], [secret PASSWORD]"
		if got := r.Text(text); got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
	}
}

func TestTextLeavesWhatIsNoSecretOfAValue(t *testing.T) {
	t.Parallel()
	const account = `{
  "type": "service_account",
  "private_key": "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEF\n-----END PRIVATE KEY-----\n",
  "client_id": 103928374650192837465,
  "token_uri": "https://oauth2.example.com/token"
}`
	r := redact.New(map[string]string{
		"HOOK": "https://hooks.example.com/services/T0/B0/abcdef", "BASIC": "https://user:pa55w0rd@api.example.com/x",
		"API": "https://plain.example.net", "SHORT": "https://short.example.org/ab", "ADMIN": "jane.admin@mail.example",
		"DOMAIN": "tenant.eu.example.com", "ADDRESS": "127.0.0.1:43210", "ACCOUNT": account, "TINY": "abc", "SPACES": "x               y",
	})
	for text, want := range map[string]string{
		"POST https://hooks.example.com/services/T0/B0/abcdef": "POST [secret HOOK]",
		"hooks.example.com is not allowed":                     "hooks.example.com is not allowed",
		"https://user:pa55w0rd@api.example.com/x":              "[secret BASIC]",
		"https://plain.example.net/path":                       "[secret API]/path",
		"https://other.example.net/path":                       "https://other.example.net/path",
		"https://short.example.org/ab":                         "[secret SHORT]",
		"https://short.example.org/about":                      "[secret SHORT]out",
		"https://short.example.org/":                           "https://short.example.org/",
		"jane.admin@mail.example":                              "[secret ADMIN]",
		"joe@mail.example":                                     "joe@mail.example",
		"tenant.eu.example.com":                                "[secret DOMAIN]",
		"other.eu.example.com":                                 "other.eu.example.com",
		"127.0.0.1:43210":                                      "[secret ADDRESS]",
		"connect ECONNREFUSED 127.0.0.1:7761":                  "connect ECONNREFUSED 127.0.0.1:7761",
		"https://oauth2.example.com/token":                     "https://oauth2.example.com/token",
		"no token_uri in it":                                   "no token_uri in it",
		"MIIEvQIBADANBgkqhkiG9w0BAQEF":                         "[secret ACCOUNT]",
		"for 103928374650192837465":                            "for[secret ACCOUNT]",
		"abc":                                                  "abc",
		"                              ":                       "                              ",
		"x               y":                                    "[secret SPACES]",
	} {
		if got := r.Text(text); got != want {
			t.Errorf("got %q of %q, want %q", got, text, want)
		}
	}
	if got := r.Text(account); strings.Contains(got, "MIIE") || strings.Contains(got, "1039283") || strings.Contains(got, "service_account") {
		t.Errorf("got %s", got)
	}
}

func TestALabelDoesNotGiveASecretAway(t *testing.T) {
	t.Parallel()
	r := redact.New(map[string]string{"hunter2hunter2": "hunter2hunter2"})
	if got := r.Text("hunter2hunter2"); got != "[secret]" {
		t.Errorf("got %q", got)
	}
}

func TestNoSecretsLeaveTextAsItIs(t *testing.T) {
	t.Parallel()
	r := redact.New(map[string]string{"EMPTY": "", "TINY": "abc"})
	if r != nil || r.Text("abc") != "abc" || string(r.Bytes([]byte("abc"))) != "abc" || r.Cut("abc", 2) != 2 || string(r.JSON([]byte("{}"))) != "{}" {
		t.Error("a redactor of nothing does something")
	}
}

func TestCutGoesThroughNoSecret(t *testing.T) {
	t.Parallel()
	r := redact.New(map[string]string{"PIN": "x7-9q2"})
	for limit, want := range map[int]int{2: 2, 3: 3, 4: 3, 8: 3, 9: 9, 12: 12, 99: 15} {
		if got := r.Cut("abcx7-9q2defghi", limit); got != want {
			t.Errorf("cut at %d, want %d for %d", got, want, limit)
		}
	}
}

func TestJSONStaysJSON(t *testing.T) {
	t.Parallel()
	r := redact.New(map[string]string{"KEY": token, "PIN": "20481024", "DOC": `{"a":"0123456789","b":[true,"abcdefghij"]}`})
	encoded, _ := json.Marshal(token)
	bytesOfToken, _ := json.Marshal(slices.Collect(func(yield func(int) bool) {
		for _, c := range []byte(token) {
			yield(int(c))
		}
	}))
	for text, want := range map[string]string{
		`{"z": 1, "a": [` + string(encoded) + `, 1.50, null]}`: `{"z":1,"a":["[secret KEY]",1.50,null]}`,
		`{` + string(encoded) + `: true}`:                      `{"[secret KEY]":true}`,
		`{"pin": 20481024}`:                                    `{"pin":"[secret PIN]"}`,
		`"<b> ` + token[:8] + `"`:                              `"<b> [secret KEY]"`,
		`{"a": 1,  "b": "x"}`:                                  `{"a": 1,  "b": "x"}`,
		string(bytesOfToken):                                   `"[[secret KEY]]"`,
	} {
		if got := string(r.JSON([]byte(text))); got != want {
			t.Errorf("got %s of %s, want %s", got, text, want)
		}
	}
	if got := r.JSON([]byte(`{"doc":{"a":"0123456789","b":[true,"abcdefghij"]}}`)); !json.Valid(got) || strings.Contains(string(got), "23456") || strings.Contains(string(got), "cdefg") {
		t.Errorf("got %s", got)
	}
}

// TestNoEightBytesOfASecretSurvive is the promise, tried with what chance brings:
// secrets of every kind, in every form, anywhere in a string, cut anywhere.
func TestNoEightBytesOfASecretSurvive(t *testing.T) {
	t.Parallel()
	rounds := 4000
	if testing.Short() {
		rounds = 400
	}
	random := rand.New(rand.NewPCG(8, 5))
	for range rounds {
		secrets := map[string]string{}
		for i := range 1 + random.IntN(3) {
			secrets["S"+strconv.Itoa(i)] = randomSecret(random)
		}
		if random.IntN(3) == 0 {
			secrets["PREFIX"] = secrets["S0"][:random.IntN(len(secrets["S0"]))]
		}
		r := redact.New(secrets)
		secret := secrets["S0"]
		form := forms[random.IntN(len(forms))]
		before, after := filler(random), filler(random)
		text := before + form.encode(secret) + after
		if form.around {
			text = form.encode(before + secret + after)
		}
		cut := random.IntN(len(text) + 1)
		for _, piece := range []string{text, text[:cut], text[cut:]} {
			shown := r.Text(piece)
			if left := form.left(shown, secret); left != "" {
				t.Fatalf("%s: %q survives of %q\nin %q\nof %q", form.name, left, secret, shown, piece)
			}
		}
	}
}

// form is a way to write a secret.
type form struct {
	name   string
	encode func(string) string
	around bool // what stands around it is encoded, too
}

var forms = []form{
	{name: "raw", encode: func(s string) string { return s }},
	{name: "JSON", encode: func(s string) string { b, _ := json.Marshal(s); return string(b[1 : len(b)-1]) }},
	{name: "quoted", encode: func(s string) string { q := strconv.QuoteToASCII(s); return q[1 : len(q)-1] }},
	{name: "html", encode: html.EscapeString},
	{name: "query", encode: url.QueryEscape},
	{name: "path", encode: url.PathEscape},
	{name: "component", encode: encodeURIComponent},
	{name: "small", encode: func(s string) string { return lowerEscapes(url.QueryEscape(s)) }},
	{name: "hex", encode: func(s string) string { return hex.EncodeToString([]byte(s)) }, around: true},
	{name: "HEX", encode: func(s string) string { return strings.ToUpper(hex.EncodeToString([]byte(s))) }, around: true},
	{name: "base64", encode: func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }, around: true},
	{name: "base64url", encode: func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }, around: true},
	{name: "base64 of JSON", encode: func(s string) string {
		b, _ := json.Marshal(s)
		return base64.StdEncoding.EncodeToString(b)
	}, around: true},
}

// left returns eight bytes of secret that shown has in the form, "" for none.
func (f form) left(shown, secret string) string {
	for i := range secret {
		for j := i + 8; j <= len(secret); j++ {
			part := secret[i:j]
			if j < len(secret) && utf8.ValidString(secret) && !utf8.RuneStart(secret[j]) {
				continue
			}
			if uniform(part) {
				break
			}
			if f.shows(shown, part) {
				return part
			}
			break
		}
	}
	return ""
}

// shows reports whether shown has part in the form.
func (f form) shows(shown, part string) bool {
	if !strings.HasPrefix(f.name, "base64") {
		return strings.Contains(shown, f.encode(part))
	}
	if f.name == "base64 of JSON" {
		b, _ := json.Marshal(part)
		part = string(b[1 : len(b)-1])
	}
	text := strings.NewReplacer("-", "+", "_", "/").Replace(shown)
	for _, run := range regexp.MustCompile(`[A-Za-z0-9+/]{11,}`).FindAllString(text, -1) {
		for skip := range 4 {
			group := run[skip:]
			if len(group)%4 == 1 {
				group = group[:len(group)-1]
			}
			if decoded, _ := base64.RawStdEncoding.DecodeString(group); strings.Contains(string(decoded), part) {
				return true
			}
		}
	}
	return false
}

func uniform(s string) bool { return strings.Count(s, s[:1]) == len(s) }

func randomSecret(random *rand.Rand) string {
	alphabet := []string{
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/=",
		"0123456789abcdef",
		`!"#$%&'()*+,-./:;<=>?@[\]^_{|}~ ` + "`abcXYZ019",
		"äöüßéñ漢字\u202e😀\u0000\n\t\\\"aZ9",
	}[random.IntN(4)]
	runes := []rune(alphabet)
	var b strings.Builder
	for n := 8 + random.IntN(60); n > 0; n-- {
		b.WriteRune(runes[random.IntN(len(runes))])
	}
	if random.IntN(8) == 0 {
		return pem
	}
	return b.String()
}

func filler(random *rand.Rand) string {
	const words = `{"token": } ; key=value, the action said: "hello" 100% \ & <b> 42 caf` + "é \n"
	from := random.IntN(len(words))
	return strings.ToValidUTF8(words[from:from+random.IntN(len(words)-from)], "")
}

// encodeURIComponent is JavaScript's.
func encodeURIComponent(s string) string {
	return escapeBut(s, "-_.!~*'()")
}

func encodeURI(s string) string { return escapeBut(s, "-_.!~*'();/?:@&=+$,#") }

func escapeBut(s, plain string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		if c < utf8.RuneSelf && (strings.IndexByte(plain, c) >= 0 || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z') {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

func lowerEscapes(s string) string {
	b := []byte(s)
	for i := 0; i+2 < len(b); i++ {
		if b[i] == '%' {
			copy(b[i+1:], strings.ToLower(string(b[i+1:i+3])))
		}
	}
	return string(b)
}

func FuzzText(f *testing.F) {
	f.Add("hunter2hunter2", "say \\u0068unter2hunter2", 7)
	f.Add(pem, base64.StdEncoding.EncodeToString([]byte(pem)), 40)
	f.Fuzz(func(t *testing.T, secret, text string, cut int) {
		r := redact.New(map[string]string{"S": secret, "T": text})
		at := 0
		for _, m := range r.Find(text) {
			if m.From < at || m.To <= m.From || m.To > len(text) {
				t.Fatalf("match %+v in %d bytes after %d", m, len(text), at)
			}
			at = m.To
		}
		if n := r.Cut(text, max(cut, 0)); n > len(text) || n < 0 {
			t.Fatalf("cut at %d of %d", n, len(text))
		}
		shown := r.JSON([]byte(text))
		if json.Valid([]byte(text)) && !json.Valid(shown) {
			t.Fatalf("%q became %q", text, shown)
		}
	})
}

func BenchmarkText(b *testing.B) {
	few := map[string]string{"HOOK": "https://hooks.example.com/services/T0000/B0000/abcdefghijklmn", "TOKEN": token, "KEY": pem}
	line := `sent {"user":"auth0|5f7c8ec7c33c6c004bbafe82","mail":"jane@example.com","status":202} to https://api.example.com/v1/messages`
	adversarial := strings.Repeat(`\\u0025\u0032%5c%2541ab&amp;QUJDREVGR0hJSktM 0x41, `, 1300)
	for _, bench := range []struct {
		name    string
		secrets map[string]string
		text    string
	}{
		{"none", nil, line},
		{"line", few, line},
		{"logs 64 KiB", few, strings.Repeat(line+"\n", 64<<10/len(line))},
		{"hostile 64 KiB", few, adversarial},
	} {
		b.Run(bench.name, func(b *testing.B) {
			r := redact.New(bench.secrets)
			b.SetBytes(int64(len(bench.text)))
			b.ReportAllocs()
			for b.Loop() {
				r.Find(bench.text)
			}
		})
	}
	b.Run("new", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			redact.New(few)
		}
	})
}

func TestJSONInStringsOfJSONIsLookedThroughAsTheStringsAre(t *testing.T) {
	t.Parallel()
	r := redact.New(map[string]string{"KEY": "käy\t€99 and more"})
	inner, _ := json.Marshal("käy\t€99 and more")
	middle, _ := json.Marshal(string(inner))
	for _, nested := range []string{string(inner), string(middle)} {
		text, _ := json.Marshal(map[string]string{"message": "of " + nested})
		if got := string(r.JSON(text)); !strings.Contains(got, "[secret KEY]") || strings.Contains(got, "and more") || !json.Valid([]byte(got)) {
			t.Errorf("%s became %s", text, got)
		}
	}
	other := []byte(`{"a":"\\n" , "b" : 1}`)
	if got := r.JSON(other); string(got) != string(other) {
		t.Errorf("%s became %s", other, got)
	}
}
