package webcrypto

import (
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"strings"
)

// jwk is a JSON Web Key of RFC 7517 and RFC 8037.
type jwk struct {
	KTY string          `json:"kty"`
	CRV string          `json:"crv,omitempty"`
	N   number          `json:"n,omitempty"`
	E   number          `json:"e,omitempty"`
	X   number          `json:"x,omitempty"`
	Y   number          `json:"y,omitempty"`
	D   number          `json:"d,omitempty"`
	P   number          `json:"p,omitempty"`
	Q   number          `json:"q,omitempty"`
	DP  number          `json:"dp,omitempty"`
	DQ  number          `json:"dq,omitempty"`
	QI  number          `json:"qi,omitempty"`
	Oth json.RawMessage `json:"oth,omitempty"`
}

// number is bytes in base64url without padding.
type number []byte

// MarshalText implements encoding.TextMarshaler.
func (n number) MarshalText() ([]byte, error) {
	return base64.RawURLEncoding.AppendEncode(nil, n), nil
}

// UnmarshalText implements encoding.TextUnmarshaler. Node takes the alphabet
// of plain base64 and padding too.
func (n *number) UnmarshalText(text []byte) error {
	plain := strings.NewReplacer("+", "-", "/", "_", "=", "").Replace(string(text))
	b, err := base64.RawURLEncoding.DecodeString(plain)
	*n = b
	return err
}

var errJWK = &failure{Name: "DataError", Code: "ERR_CRYPTO_INVALID_JWK", Message: "Invalid JWK data"}

// readJWK reads a key of the kind; a private JWK is a public key too.
func readJWK(text json.RawMessage, kind string) (any, error) {
	var k jwk
	if err := json.Unmarshal(text, &k); err != nil {
		return nil, errJWK
	}
	private := kind == "private"
	if private && len(k.D) == 0 {
		return nil, errJWK
	}
	switch k.KTY {
	case "RSA":
		return k.rsa(private)
	case "EC":
		if isK1(k.CRV) {
			return k.k1(private)
		}
		return k.ec(private)
	case "OKP":
		return k.okp(private)
	}
	return nil, &failure{Name: "DataError", Code: "ERR_CRYPTO_INVALID_JWK", Message: "Unsupported JWK key type: a key pair has the kty RSA, EC or OKP"}
}

func (k *jwk) rsa(private bool) (any, error) {
	e := new(big.Int).SetBytes(k.E)
	if len(k.N) == 0 || !e.IsInt64() || e.Int64() < 2 || e.Int64() > 1<<31-1 {
		return nil, errJWK
	}
	public := rsa.PublicKey{N: new(big.Int).SetBytes(k.N), E: int(e.Int64())}
	if err := checkRSA(&public); err != nil {
		return nil, err
	}
	if !private {
		return &public, nil
	}
	size := len(k.N)
	if len(k.Oth) > 0 || len(k.P) == 0 || len(k.Q) == 0 || len(k.P) > size || len(k.Q) > size || len(k.D) > size {
		return nil, errJWK
	}
	key := &rsa.PrivateKey{
		PublicKey: public,
		D:         new(big.Int).SetBytes(k.D),
		Primes:    []*big.Int{new(big.Int).SetBytes(k.P), new(big.Int).SetBytes(k.Q)},
	}
	key.Precompute()
	if err := key.Validate(); err != nil {
		return nil, errJWK
	}
	return key, nil
}

func (k *jwk) ec(private bool) (any, error) {
	curve, err := curveOf(k.CRV)
	if err != nil {
		return nil, err
	}
	size := (curve.Params().BitSize + 7) / 8
	if len(k.X) > size || len(k.Y) > size || len(k.D) > size {
		return nil, errJWK
	}
	point := append([]byte{4}, padLeft(k.X, size)...)
	public, err := ecdsa.ParseUncompressedPublicKey(curve, append(point, padLeft(k.Y, size)...))
	if err != nil {
		return nil, errJWK
	}
	if !private {
		return public, nil
	}
	key, err := ecdsa.ParseRawPrivateKey(curve, padLeft(k.D, size))
	if err != nil || !key.PublicKey.Equal(public) {
		return nil, errJWK
	}
	return key, nil
}

func (k *jwk) okp(private bool) (any, error) {
	r := &Request{head: head{Curve: k.CRV, Kind: "public"}}
	if k.CRV != "Ed25519" && k.CRV != "X25519" {
		return nil, unsupported("the host has the curves Ed25519 and X25519 of the kty OKP, not %q", clip(k.CRV))
	}
	public, err := r.importRaw(k.X)
	if err != nil {
		return nil, errJWK
	}
	if !private {
		return public, nil
	}
	r.head.Kind = "private"
	key, err := r.importRaw(k.D)
	if err != nil {
		return nil, errJWK
	}
	if same, ok := publicOf(key).(interface{ Equal(crypto.PublicKey) bool }); ok && !same.Equal(public) {
		return nil, errJWK
	}
	return key, nil
}

// exportJWK gives a key as a JSON Web Key.
func exportJWK(key any) (answer, error) {
	k, err := jwkOf(publicOrSelf(key))
	if err != nil {
		return answer{}, err
	}
	switch private := key.(type) {
	case *rsa.PrivateKey:
		if len(private.Primes) != 2 {
			return answer{}, unsupported("an RSA key of more than two primes can't be a JWK")
		}
		private.Precompute()
		k.D = private.D.Bytes()
		k.P, k.Q = private.Primes[0].Bytes(), private.Primes[1].Bytes()
		k.DP = private.Precomputed.Dp.Bytes()
		k.DQ = private.Precomputed.Dq.Bytes()
		k.QI = private.Precomputed.Qinv.Bytes()
	case *ecdsa.PrivateKey:
		k.D, err = private.Bytes()
	case k1Private:
		k.D = private.Serialize()
	case ed25519.PrivateKey:
		k.D = private.Seed()
	case *ecdh.PrivateKey:
		k.D = private.Bytes()
	}
	if err != nil {
		return answer{}, errDecoder
	}
	return answer{info: map[string]any{"jwk": k}}, nil
}

// jwkNames are the curves' names in a JWK.
var jwkNames = map[string]string{"prime256v1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}

func jwkOf(public any) (*jwk, error) {
	switch p := public.(type) {
	case *rsa.PublicKey:
		return &jwk{KTY: "RSA", N: p.N.Bytes(), E: big.NewInt(int64(p.E)).Bytes()}, nil
	case *ecdsa.PublicKey:
		name, found := jwkNames[curveName(p.Curve)]
		point, err := p.Bytes()
		if !found || err != nil {
			return nil, unsupported("a key on the curve %s can't be a JWK", p.Params().Name)
		}
		half := (len(point) - 1) / 2
		return &jwk{KTY: "EC", CRV: name, X: point[1 : 1+half], Y: point[1+half:]}, nil
	case k1Public:
		point := p.SerializeUncompressed()
		return &jwk{KTY: "EC", CRV: curveK1, X: point[1 : 1+k1Bytes], Y: point[1+k1Bytes:]}, nil
	case ed25519.PublicKey:
		return &jwk{KTY: "OKP", CRV: "Ed25519", X: number(p)}, nil
	case *ecdh.PublicKey:
		return &jwk{KTY: "OKP", CRV: "X25519", X: p.Bytes()}, nil
	}
	return nil, errDecoder
}
