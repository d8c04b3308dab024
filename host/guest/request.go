package guest

import (
	"context"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/sandbox"
)

// holdAnswers counts as the run's memory what has come for it and was not taken
// yet.
func (c *call) holdAnswers(s *sandbox.Call) {
	n := c.http.requests.bytes()
	if c.world != nil {
		n = c.world.held()
	}
	s.Release(max(c.http.answerBytes-n, 0))
	s.Hold("answers that it has not taken", max(n-c.http.answerBytes, 0))
	c.http.answerBytes = n
}

func httpStart(s *sandbox.Call, c *call, stack []uint64) {
	request, malformed := c.readRequest(s, "http_start", stack[0])
	stack[0] = uint64(c.start(s, request, malformed))
}

// start sends the guest's request and does not wait for its outcome. All
// that must be the same in every attempt is settled here, in the order of the
// calls.
func (c *call) start(s *sandbox.Call, request httpRequest, malformed *host.EgressFailure) int64 {
	ordinal := c.spent.httpCalls
	c.spent.httpCalls++
	asked := c.recorded(request)
	return int64(do(c, "http_start", asked, func(note *host.CallNote) handleAnswer {
		note.Target = c.target(request)
		if c.http.requests == nil {
			c.http.requests = c.newRequests(s)
		}
		if len(c.http.requests.started) == 0 {
			c.http.failure, c.http.retryAfter = nil, 0
		}
		x := &started{target: note.Target, held: len(request.Body) + len(request.BodyBase64)}
		s.Hold("requests that it started", x.held)
		c.holdAnswers(s)
		if c.world != nil {
			return handleAnswer(c.world.start(x, request, malformed, ordinal))
		}
		id := c.identify(asked, ordinal)
		x.past, x.fromPast, x.unsafe = id.past, id.answered, !isSafe(asked.method())
		if id.answered {
			return handleAnswer(c.startFromPast(note, x, id))
		}
		q, failure := c.compose(request, malformed, id.key)
		if x.failure = failure; failure == nil {
			c.goesOut("http_start", asked, encode(c.http.requests.last+1))
			arrived := c.keepArrival(x.unsafe)
			x.send = func(ctx context.Context) {
				x.response, x.failure = c.exchange(ctx, q)
				arrived(x)
			}
		}
		return handleAnswer(c.http.requests.start(x))
	}))
}

// waitRequest asks for the next answer. A negative time waits without end.
type waitRequest struct {
	TimeoutMillis int64 `json:"timeout_ms"`
}

func (waitRequest) measure(m *measure) { m.bytes += structBytes }

// waitAnswer is what http_wait returns: an answer, and whose.
type waitAnswer struct {
	ID int64 `json:"id"`
	*httpAnswer
}

func (a *waitAnswer) measure(m *measure) {
	m.bytes += structBytes
	if a != nil {
		a.httpAnswer.measure(m)
	}
}

func httpWait(s *sandbox.Call, c *call, stack []uint64) {
	answer := c.wait(s, int64(stack[0]))
	stack[0] = 0
	if answer != nil {
		stack[0] = s.Put(c.lastAnswer())
	}
}

// wait returns the next answer to a request that was started, nil when there is
// none in time.
func (c *call) wait(s *sandbox.Call, millis int64) *waitAnswer {
	millis = min(max(millis, -1), maxSleep.Milliseconds())
	return do(c, "http_wait", waitRequest{millis}, func(note *host.CallNote) *waitAnswer {
		if c.resumes != nil {
			c.resumes.timed = millis >= 0
		}
		x := c.await(s, time.Duration(millis)*time.Millisecond)
		if x == nil {
			if c.http.requests != nil {
				note.Target = c.http.requests.oldest()
			}
			return nil
		}
		note.Target = x.target
		answer := &waitAnswer{ID: x.handle, httpAnswer: c.settle(note, x.response, x.failure)}
		if c.world == nil {
			c.tookFrom(note, x, answer.httpAnswer)
		}
		return answer
	})
}

// await waits for d, or without end when d is negative. The guest's clock
// moves by at least what was waited in vain.
func (c *call) await(s *sandbox.Call, d time.Duration) *started {
	if c.http.requests == nil || len(c.http.requests.started) == 0 {
		return nil
	}
	var expired <-chan time.Time
	if d >= 0 && c.world == nil {
		timer := time.NewTimer(d)
		defer timer.Stop()
		expired = timer.C
	}
	c.holdAnswers(s)
	x, timedOut := c.awaitPast(d)
	switch {
	case x != nil || timedOut:
	case c.world != nil:
		x = c.world.wait(d)
	default:
		s.Outside(func() { x = c.http.requests.wait(expired, s.Done()) })
	}
	if x != nil {
		s.Release(x.held)
	}
	if x == nil && c.world == nil && s.Err() == nil {
		c.clock.offset += max(d, 0)
		c.resumes.waitedInVain(d)
	}
	return x
}

type handleRequest struct {
	ID int64 `json:"id"`
}

func (handleRequest) measure(m *measure) { m.bytes += structBytes }

// handleAnswer is the handle of a request that was started.
type handleAnswer int64

func (handleAnswer) measure(m *measure) { m.bytes += structBytes }

func httpCancel(s *sandbox.Call, c *call, stack []uint64) {
	handle := int64(stack[0])
	do(c, "http_cancel", handleRequest{handle}, func(note *host.CallNote) nothing {
		if c.http.requests == nil {
			return nothing{}
		}
		if x, found := c.http.requests.started[handle]; found {
			note.Target = x.target
			s.Release(x.held)
		}
		c.http.requests.drop(handle)
		return nothing{}
	})
}
