package locked

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"
)

// PublicRegistry is where packages come from unless a [Source] names another registry.
const PublicRegistry = "https://registry.npmjs.org"

// Source is where packages come from. Its zero value is the public registry, reached as
// HTTPS_PROXY, HTTP_PROXY and NO_PROXY say.
type Source struct {
	// Folder has the tarballs, named as `npm pack` does. With it nothing is fetched.
	Folder string
	// Registry is the address of an npm registry. A user and a password in it are sent, and
	// a password alone as a token.
	Registry string
	// Client sends the requests; nil is one that gives up on a server that is silent for
	// a minute.
	Client *http.Client
	// MaxTarballBytes bounds each tarball; 0 is 64 MiB.
	MaxTarballBytes int64
	// Kept, if set, is a folder where tarballs stay that were fetched, for the next time.
	Kept string
}

// Problem is the error of a package that a [Source] does not have, or has in another form.
type Problem struct {
	Package Package
	From    string // the registry's address without password, or the folder
	Kind    ProblemKind
	Err     error
}

// ProblemKind says what is wrong.
type ProblemKind int

// What may be wrong.
const (
	Unreachable ProblemKind = iota // the registry does not answer, or fails
	Absent                         // there is no such package, or it is no npm registry
	Refused                        // the registry wants other credentials
	Changed                        // the tarball has another digest
	Malformed                      // the tarball can't be unpacked, or is too large
)

func (p *Problem) Error() string { return fmt.Sprintf("%s from %s: %v", p.Package, p.From, p.Err) }

// Unwrap returns the cause.
func (p *Problem) Unwrap() error { return p.Err }

// Name returns the source for messages: its folder, or its registry without password.
func (s Source) Name() string {
	if s.Folder != "" {
		return s.Folder
	}
	registry := s.registry()
	if u, err := url.Parse(registry); err == nil {
		return u.Redacted()
	}
	return registry
}

// Address returns the registry's address without user and password; "" without one.
func (s Source) Address() string {
	u, err := url.Parse(s.Registry)
	if err != nil {
		return ""
	}
	u.User = nil
	return u.String()
}

func (s Source) registry() string { return strings.TrimRight(cmp.Or(s.Registry, PublicRegistry), "/") }

// Tarball returns a package's tarball, whose digest is the lockfile's. The error is a
// [*Problem], or the context's.
func (s Source) Tarball(ctx context.Context, p Package) ([]byte, error) {
	if s.Kept != "" && s.Folder == "" {
		if tarball, err := (Source{Folder: s.Kept}).Tarball(ctx, p); err == nil {
			return tarball, nil
		}
	}
	tarball, kind, err := s.read(ctx, p)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err == nil {
		kind, err = Changed, check(p, tarball)
	}
	if err != nil {
		return nil, &Problem{Package: p, From: s.Name(), Kind: kind, Err: err}
	}
	if s.Kept != "" && s.Folder == "" {
		if err := keep(s.Kept, p.TarballName(), tarball); err != nil {
			return nil, fmt.Errorf("keep %s for the next time: %w", p, err)
		}
	}
	return tarball, nil
}

// keep writes a file whole.
func keep(dir, name string, content []byte) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, "new-")
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), filepath.Join(dir, name))
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

func (s Source) read(ctx context.Context, p Package) ([]byte, ProblemKind, error) {
	most := cmp.Or(s.MaxTarballBytes, 64<<20)
	if s.Folder == "" {
		return s.get(ctx, p, most)
	}
	f, err := os.Open(filepath.Join(s.Folder, p.TarballName()))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, Absent, fmt.Errorf("there is no file %s", p.TarballName())
	}
	if err != nil {
		return nil, Unreachable, err
	}
	defer func() { _ = f.Close() }() // nothing was written
	return bounded(f, most)
}

// attempts is how often a registry is asked that fails.
const attempts = 3

func (s Source) get(ctx context.Context, p Package, most int64) (tarball []byte, kind ProblemKind, err error) {
	for n := range attempts {
		var again bool
		tarball, kind, again, err = s.getOnce(ctx, p, most)
		if err == nil || !again {
			break
		}
		select {
		case <-ctx.Done():
			return nil, kind, err
		case <-time.After(time.Duration(n+1) * 300 * time.Millisecond):
		}
	}
	return tarball, kind, err
}

// getOnce asks the registry. Again is true for an error that may pass.
func (s Source) getOnce(ctx context.Context, p Package, most int64) (tarball []byte, kind ProblemKind, again bool, err error) {
	address := cmp.Or(p.Address, s.registry()+"/"+p.Name+"/-/"+path.Base(p.Name)+"-"+p.Version+".tgz")
	ctx, silent := context.WithCancelCause(ctx)
	defer silent(nil)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, Unreachable, false, fmt.Errorf("the registry's address is invalid: %w", err)
	}
	if _, secret := req.URL.User.Password(); secret && req.URL.User.Username() == "" {
		token, _ := req.URL.User.Password()
		req.URL.User = nil
		req.Header.Set("Authorization", "Bearer "+token)
	}
	watch := time.AfterFunc(maxSilence, func() { silent(errSilent) })
	defer watch.Stop()
	resp, err := cmp.Or(s.Client, http.DefaultClient).Do(req)
	if err != nil {
		return nil, Unreachable, true, withoutAddress(ctx, err)
	}
	defer func() { _ = resp.Body.Close() }() // it was read
	switch {
	case resp.StatusCode == http.StatusOK:
	case resp.StatusCode == http.StatusUnauthorized, resp.StatusCode == http.StatusForbidden, resp.StatusCode == http.StatusProxyAuthRequired:
		return nil, Refused, false, fmt.Errorf("the registry answers %s", resp.Status)
	case resp.StatusCode >= 500, resp.StatusCode == http.StatusTooManyRequests:
		return nil, Unreachable, true, fmt.Errorf("the registry answers %s", resp.Status)
	default:
		return nil, Absent, false, fmt.Errorf("the registry answers %s", resp.Status)
	}
	tarball, kind, err = bounded(&watched{resp.Body, watch}, most)
	if err != nil {
		return nil, kind, kind == Unreachable, withoutAddress(ctx, err)
	}
	return tarball, kind, false, nil
}

const maxSilence = time.Minute

var errSilent = errors.New("the registry was silent for a minute")

// withoutAddress returns the cause of a failed request without its address, which may
// have a password.
func withoutAddress(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); errors.Is(cause, errSilent) {
		return cause
	}
	if failed, ok := errors.AsType[*url.Error](err); ok {
		return failed.Err
	}
	return err
}

// watched puts the watch off with each read.
type watched struct {
	io.Reader
	watch *time.Timer
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	w.watch.Reset(maxSilence)
	return n, err
}

func bounded(r io.Reader, most int64) ([]byte, ProblemKind, error) {
	var b bytes.Buffer
	n, err := io.Copy(&b, io.LimitReader(r, most+1))
	if err != nil {
		return nil, Unreachable, err
	}
	if n > most {
		return nil, Malformed, fmt.Errorf("its tarball has more than %d MiB", most>>20)
	}
	return b.Bytes(), 0, nil
}

// sha512 returns the digest that the lockfile has.
func (p Package) sha512() ([]byte, error) {
	for one := range strings.FieldsSeq(p.Integrity) {
		text, ok := strings.CutPrefix(one, "sha512-")
		text, _, _ = strings.Cut(text, "?") // options may follow
		if sum, err := base64.StdEncoding.DecodeString(text); ok && err == nil && len(sum) == sha512.Size {
			return sum, nil
		}
	}
	return nil, fmt.Errorf("%s %w", p, errNoDigest)
}

func check(p Package, tarball []byte) error {
	want, err := p.sha512()
	if err != nil {
		return err
	}
	if got := sha512.Sum512(tarball); subtle.ConstantTimeCompare(got[:], want) == 0 {
		return fmt.Errorf("its tarball has the digest sha512-%s, and the lockfile has sha512-%s", base64.StdEncoding.EncodeToString(got[:]), base64.StdEncoding.EncodeToString(want))
	}
	return nil
}
