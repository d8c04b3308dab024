package webcrypto_test

import (
	"encoding/base64"
	"math/big"
	"math/rand/v2"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"github.com/usherhost/usher/host/webcrypto"
)

// TestAPowerIsSquaredAndMultiplied compares powers with those of the plain method,
// and those modulo a prime with Fermat's theorem.
func TestAPowerIsSquaredAndMultiplied(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	number := func(bits int) *big.Int {
		n := new(big.Int)
		for range bits/60 + 1 {
			n.Lsh(n, 60).Or(n, big.NewInt(r.Int64N(1<<60)))
		}
		return n.Rsh(n, uint(n.BitLen()-min(bits, n.BitLen())))
	}
	for _, bits := range []int{1, 8, 64, 65, 256, 511, 1024} {
		base, exponent, modulus := number(bits+40), number(bits), number(bits)
		want := new(big.Int).Mod(big.NewInt(1), modulus)
		for i := exponent.BitLen() - 1; i >= 0; i-- {
			if want.Mul(want, want); exponent.Bit(i) == 1 {
				want.Mul(want, base)
			}
			want.Mod(want, modulus)
		}
		_, parts := ask(t, request(t, map[string]any{"op": "power"}, []byte(base.Text(16)), []byte(exponent.Text(16)), []byte(modulus.Text(16))))
		if got := string(parts[0]); got != want.Text(16) {
			t.Errorf("%d bits: got %s, want %s", bits, got, want.Text(16))
		}
	}
	prime, _ := new(big.Int).SetString("7fffffffffffffffffffffffffffffff", 16)
	_, parts := ask(t, request(t, map[string]any{"op": "power"}, []byte("1234567"), []byte(new(big.Int).Sub(prime, big.NewInt(1)).Text(16)), []byte(prime.Text(16))))
	if string(parts[0]) != "1" {
		t.Errorf("a power by Fermat is %s", parts[0])
	}
}

func TestAPowerOfWhatIsNoNumberIsRefused(t *testing.T) {
	t.Parallel()
	long := string(make([]byte, 1025))
	for _, parts := range [][3]string{{"x", "2", "3"}, {"-2", "2", "3"}, {"2", "", "3"}, {"2", "2", "0"}, {"2", "2", "1" + long}, {"2", "1" + string(repeated('0', 1024)), "3"}} {
		head, _ := ask(t, request(t, map[string]any{"op": "power"}, []byte(parts[0]), []byte(parts[1]), []byte(parts[2])))
		if head.Error == nil {
			t.Errorf("%.10q is accepted", parts)
		}
	}
}

func repeated(b byte, n int) []byte {
	all := make([]byte, n)
	for i := range all {
		all[i] = b
	}
	return all
}

// TestBcryptIsThatOfTheLibrary writes what the operation answers as bcrypt does, and
// has golang.org/x/crypto/bcrypt compare it with the password.
func TestBcryptIsThatOfTheLibrary(t *testing.T) {
	t.Parallel()
	encoding := base64.NewEncoding("./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789").WithPadding(base64.NoPadding)
	salt := []byte("0123456789abcdef")
	for _, password := range []string{"", "pässword", string(repeated('x', 71))} {
		_, parts := ask(t, request(t, map[string]any{"op": "bcrypt", "n": 5}, append([]byte(password), 0), salt))
		hash := "$2a$05$" + encoding.EncodeToString(salt) + encoding.EncodeToString(parts[0][:23])
		if err := bcrypt.CompareHashAndPassword([]byte(hash), []byte(password)); err != nil {
			t.Errorf("%q: %v for %s", password, err, hash)
		}
	}
	for _, tt := range []struct {
		cost           int
		password, salt []byte
	}{{3, []byte{0}, salt}, {32, []byte{0}, salt}, {5, nil, salt}, {5, []byte{0}, salt[:15]}} {
		if head, _ := ask(t, request(t, map[string]any{"op": "bcrypt", "n": tt.cost}, tt.password, tt.salt)); head.Error == nil {
			t.Errorf("cost %d, %d and %d bytes are accepted", tt.cost, len(tt.password), len(tt.salt))
		}
	}
}

// TestAScryptOfAWalletIsDone has the parameters that wallets of Ethereum are stored with.
func TestAScryptOfAWalletIsDone(t *testing.T) {
	t.Parallel()
	r := webcrypto.Read(request(t, map[string]any{"op": "scrypt", "n": 131072, "r": 8, "p": 1, "length": 32}, []byte("p"), []byte("s")))
	a, err := webcrypto.Answer(free{t.Context()}, r)
	if err != nil || len(a) != 4+32 {
		t.Errorf("the answer has %d bytes, %v", len(a), err)
	}
}
