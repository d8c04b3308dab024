package web

import (
	"fmt"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/time/rate"

	"github.com/usherhost/usher/host"
)

// maxBuckets bounds a Limiter's memory, however many addresses send requests.
const maxBuckets = 10_000

// Limiter holds a token bucket for every caller it is asked about. The zero
// value limits nothing; it is safe for concurrent use and must not be copied
// after its first use.
type Limiter struct {
	PerSecond float64 // tokens that a bucket gains; 0 or less: no limit
	Burst     int     // tokens that a bucket holds; 0: those of one second, at least 1

	set     atomic.Pointer[rates] // over the fields; nil: never set
	mu      sync.Mutex
	buckets map[string]*rate.Limiter // guarded by mu
}

type rates struct {
	perSecond float64
	burst     int
}

// Set changes PerSecond and Burst; every bucket is full then. It may be called
// at any time.
func (l *Limiter) Set(perSecond float64, burst int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.set.Store(&rates{perSecond, burst})
	clear(l.buckets)
}

func (l *Limiter) rates() rates {
	if set := l.set.Load(); set != nil {
		return *set
	}
	return rates{l.PerSecond, l.Burst}
}

// Take takes n tokens from the bucket of who and returns 0, or takes none and
// returns how long to wait. More than Burst counts as Burst, so that any allowed
// request can pass a full bucket.
func (l *Limiter) Take(who string, n int) time.Duration {
	if l == nil {
		return 0
	}
	r := l.rates()
	if r.perSecond <= 0 {
		return 0
	}
	now := time.Now()
	bucket := l.bucket(who, now)
	reservation := bucket.ReserveN(now, min(n, bucket.Burst()))
	wait := reservation.DelayFrom(now)
	if wait > 0 {
		reservation.CancelAt(now)
	}
	return wait
}

// Left returns how many whole tokens the bucket of who holds, and how long it
// takes to fill it.
func (l *Limiter) Left(who string) (tokens int, full time.Duration) {
	if l == nil {
		return 0, 0
	}
	r := l.rates()
	if r.perSecond <= 0 {
		return 0, 0
	}
	now := time.Now()
	bucket := l.bucket(who, now)
	left := max(0, bucket.TokensAt(now))
	return int(left), time.Duration((float64(bucket.Burst()) - left) / r.perSecond * float64(time.Second))
}

// size is how many tokens a bucket holds.
func (r rates) size() int {
	if r.burst > 0 {
		return r.burst
	}
	return max(1, int(r.perSecond))
}

func (l *Limiter) bucket(who string, now time.Time) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	if bucket, ok := l.buckets[who]; ok {
		return bucket
	}
	if len(l.buckets) >= maxBuckets {
		l.forget(now)
	}
	if l.buckets == nil {
		l.buckets = make(map[string]*rate.Limiter)
	}
	r := l.rates()
	bucket := rate.NewLimiter(rate.Limit(r.perSecond), r.size())
	l.buckets[who] = bucket
	return bucket
}

// forget drops the buckets that are full again, for a new one is the same; if
// that frees too little, it drops any.
func (l *Limiter) forget(now time.Time) {
	for who, bucket := range l.buckets {
		if bucket.TokensAt(now) >= float64(bucket.Burst()) {
			delete(l.buckets, who)
		}
	}
	for who := range l.buckets {
		if len(l.buckets) < maxBuckets*9/10 {
			return
		}
		delete(l.buckets, who)
	}
}

// LimitBody refuses bodies of more than maxBytes with 413: at once when the
// sender announces the length, else as soon as the handler has read that much.
func LimitBody(maxBytes int64) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			r := c.Request()
			if r.ContentLength > maxBytes {
				return tooLarge(maxBytes, nil)
			}
			r.Body = http.MaxBytesReader(c.Response(), r.Body, maxBytes)
			return next(c)
		}
	}
}

func tooLarge(limit int64, cause error) *host.Error {
	return &host.Error{
		Code: host.TooLarge,
		Text: fmt.Sprintf("the body has more than %d bytes", limit),
		Hint: "send a smaller body",
		Err:  cause,
	}
}

// RequireType returns the media type of c's body, in lower case and without
// parameters, when it is one of accepted; else an Unsupported error that lists
// them. A charset other than UTF-8 and a content coding are refused too.
func RequireType(c echo.Context, accepted ...string) (string, error) {
	header := c.Request().Header
	if coding := header.Get(echo.HeaderContentEncoding); coding != "" && !strings.EqualFold(coding, "identity") {
		c.Response().Header().Set(echo.HeaderAcceptEncoding, "identity")
		return "", &host.Error{
			Code: host.Unsupported,
			Text: fmt.Sprintf("the body has the content coding %q; only identity is accepted", coding),
			Hint: "send the body uncompressed",
		}
	}
	given := header.Get(echo.HeaderContentType)
	for _, want := range accepted {
		if given == want { // the common case, without parsing
			return want, nil
		}
	}
	kind, params, err := mime.ParseMediaType(given)
	for _, want := range accepted {
		if err == nil && kind == want && utf8Charset(params["charset"]) {
			return want, nil
		}
	}
	return "", unsupported(c, given, accepted)
}

func utf8Charset(charset string) bool {
	return charset == "" || strings.EqualFold(charset, "utf-8") || strings.EqualFold(charset, "utf8")
}

func unsupported(c echo.Context, given string, accepted []string) error {
	list := strings.Join(accepted, ", ")
	c.Response().Header().Set(echo.HeaderAccept, list)
	text := "the request has no Content-Type"
	if given != "" {
		text = fmt.Sprintf("the Content-Type %q is not accepted here", given)
	}
	return &host.Error{Code: host.Unsupported, Text: text, Hint: "send one of: " + list + " (UTF-8)"}
}

func ipNet(p netip.Prefix) *net.IPNet {
	p = p.Masked()
	return &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}
