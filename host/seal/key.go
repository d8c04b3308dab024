package seal

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"strings"

	"github.com/tink-crypto/tink-go/v2/aead/subtle"
	"github.com/tink-crypto/tink-go/v2/tink"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/text"
)

// KeyBytes is the size of a key-encryption key. It is written in base64.
const KeyBytes = 32

const howToMake = "make one with: openssl rand -base64 32"

// Options say where the key-encryption key is: 32 random bytes in base64. The
// first field that is set is used; to set both Key and KeyFile is Invalid.
type Options struct {
	Key        string // the key itself
	KeyName    string // what Key is called in messages, such as an environment variable; empty is "the key"
	KeyFile    string // a file of the operator's, which must exist
	CreateFile string // a file that is created when it and the data keys do not exist
}

// kek is a key-encryption key.
type kek struct {
	id     string // the beginning of a digest of it
	origin string // where it came from, for messages
	path   string // its file, if it has one
	aead   tink.AEAD
}

// kek returns the key, and whether it is new. It makes none if stored data keys
// wait for one.
func (o Options) kek(stored *wrapped) (k *kek, created bool, err error) {
	switch {
	case o.Key != "" && o.KeyFile != "":
		return nil, false, &host.Error{
			Code: host.Invalid,
			Text: "there are two keys, " + o.keyName() + " and the file " + o.KeyFile,
			Hint: "give only one of them",
		}
	case o.Key != "":
		k, err = parseKey(o.Key, o.keyName())
		return k, false, err
	case o.KeyFile != "":
		k, err = readKeyFile(o.KeyFile)
		return k, false, missingFile(err, o.KeyFile)
	case o.CreateFile != "":
		return ensureKeyFile(o.CreateFile, stored)
	}
	return nil, false, &host.Error{Code: host.Invalid, Text: "there is no key to keep secrets under", Hint: howToMake}
}

// read returns the key if it is there.
func (o Options) read() (*kek, error) {
	if o.Key != "" {
		return parseKey(o.Key, o.keyName())
	}
	return readKeyFile(cmp.Or(o.KeyFile, o.CreateFile))
}

func (o Options) keyName() string {
	if o.KeyName == "" {
		return "the key"
	}
	return o.KeyName
}

func missingFile(err error, path string) error {
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return &host.Error{Code: host.Invalid, Text: "the key file " + path + " does not exist", Hint: howToMake, Err: err}
}

func ensureKeyFile(path string, stored *wrapped) (*kek, bool, error) {
	k, err := readKeyFile(path)
	if stored != nil && (errors.Is(err, fs.ErrNotExist) || err == nil && k.id != stored.KeyID) {
		if next, done, err := completeKeyFile(path, stored.KeyID); done || err != nil {
			return next, false, err
		}
	}
	if !errors.Is(err, fs.ErrNotExist) {
		// A start that failed after making the file did not report it.
		return k, err == nil && stored == nil, err
	}
	if stored != nil {
		return nil, false, &host.Error{
			Code: host.Refused,
			Text: "the key file " + path + " is gone, and the database has secrets sealed under key " + stored.KeyID,
			Hint: "put the file back from its backup; without it these secrets can't be read, and no new key is made in its place",
			Err:  err,
		}
	}
	if err := createKeyFile(path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, false, fmt.Errorf("create key file %s: %w", path, err)
	}
	k, err = readKeyFile(path) // ours, or that of one who was faster
	return k, err == nil, err
}

// parseKey reads the base64 form of a key.
func parseKey(text, origin string) (*kek, error) {
	raw, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(strings.TrimSpace(text), "="))
	if err != nil || len(raw) != KeyBytes {
		return nil, &host.Error{
			Code: host.Invalid,
			Text: fmt.Sprintf("the key of %s is not %d bytes in base64", origin, KeyBytes),
			Hint: howToMake,
		}
	}
	primitive, err := subtle.NewAESGCM(raw)
	if err != nil {
		return nil, fmt.Errorf("read key of %s: %w", origin, err)
	}
	digest := sha256.Sum256(append([]byte("usher key id\x00"), raw...))
	return &kek{id: hex.EncodeToString(digest[:4]), origin: origin, aead: primitive}, nil
}

func readKeyFile(path string) (*kek, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open key file: %w", err)
	}
	defer func() { _ = f.Close() }()
	if err := checkKeyFile(f, path); err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(f, 4<<10))
	if err != nil {
		return nil, fmt.Errorf("read key file %s: %w", path, err)
	}
	k, err := parseKey(string(text), path)
	if err != nil {
		return nil, err
	}
	k.path = path
	return k, nil
}

// checkKeyFile refuses a file that others can read. Windows has no such bits.
func checkKeyFile(f *os.File, path string) error {
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("read key file %s: %w", path, err)
	}
	if !info.Mode().IsRegular() {
		return &host.Error{Code: host.Invalid, Text: "the key file " + path + " is not a regular file", Hint: howToMake}
	}
	return CheckMode(info, path)
}

// CheckMode refuses a key file that others than its owner and the group of this
// process can read: the modes 0400, 0440, 0600 and 0640 are accepted, those with
// the group's bit when the group is one of this process's, as Kubernetes mounts
// a secret. Windows has no such bits.
func CheckMode(info fs.FileInfo, path string) error {
	mode := info.Mode().Perm()
	switch {
	case runtime.GOOS == "windows" || mode&0o077 == 0:
		return nil
	case mode&0o037 == 0 && ofOurGroup(info):
		return nil
	}
	what := "others can read the key file"
	if mode&0o037 == 0 {
		what = "a group that this process is not in can read the key file"
	}
	return &host.Error{
		Code: host.Refused,
		Text: fmt.Sprintf("%s %s (mode %04o)", what, path, mode),
		Hint: "chmod 600 " + text.ShellQuote(path) + ", or 440 with a group of the host's process",
	}
}

// NewKey returns a new key-encryption key in the form that Options take.
func NewKey() string {
	var raw [KeyBytes]byte
	rand.Read(raw[:])
	return base64.StdEncoding.EncodeToString(raw[:])
}
