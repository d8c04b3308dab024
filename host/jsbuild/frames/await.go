package frames

// A suspended async function is found from the promise that it awaits: one of the
// promise's reactions has a handler that resumes the function. Its own promise leads on
// to the function that awaits it, and so on.

// resolved returns the promise that the function at p resolves, or 0.
func (h *heap) resolved(p uint32) uint32 {
	if f := h.instance(p, classResolve); f != 0 {
		return h.instance(h.data(f), classPromise)
	}
	return 0
}

// promise returns the promise of an async function or generator by its frame, or 0.
func (h *heap) promise(frame uint32) uint32 {
	switch h.class(h.object(frame + frameFunction)) {
	case classAsyncFunction:
		return h.resolved(frame - asyncFrame + asyncResolve)
	case classAsyncGeneratorFunction:
		return h.generatorPromise(frame - generatorFrame)
	}
	return 0
}

func (h *heap) generatorPromise(generator uint32) uint32 {
	list := generator + generatorQueue
	if request := h.at(list + 4); request != list {
		return h.instance(request+requestPromise, classPromise)
	}
	return 0
}

// only returns the only reaction in a list, or 0.
func (h *heap) only(list uint32) uint32 {
	if first := h.at(list + 4); first != list && h.at(first+4) == list {
		return first
	}
	return 0
}

// follow adds the frames that wait for promise, and so on.
func (t *trace) follow(promise uint32) {
	for promise != 0 && len(t.frames) < Most {
		promise = t.step(promise)
	}
}

// step adds the frame that waits for promise, if there is one, and returns the
// promise to go on with, or 0.
func (t *trace) step(promise uint32) uint32 {
	data := t.data(promise)
	reaction := t.only(data + promiseThen)
	if t.at(data) != 0 || reaction == 0 { // it is settled, or more than one waits
		return 0
	}
	handler, next := t.object(reaction+reactionHandler), uint32(0)
	switch t.class(handler) {
	case classAsyncResolve:
		async := t.data(handler)
		if t.byte(async+asyncActive) == 0 {
			return 0
		}
		t.add(async+asyncFrame, true)
		return t.resolved(async + asyncResolve)
	case classCData:
		next = t.byData(handler)
	case classResolve:
		if other := t.only(data + promiseCatch); other != 0 && t.instance(other+reactionHandler, classCData) != 0 {
			next = t.byData(t.object(other + reactionHandler)) // Promise.any
		}
		if next == 0 {
			next = t.instance(t.data(handler), classPromise)
		}
	}
	if next != 0 {
		return next
	}
	return t.resolved(reaction + reactionResolve)
}

var combinators = [...]string{"Promise.all", "Promise.allSettled", "Promise.any"}

// byData takes the step for a handler that is a C function with data: an element of
// Promise.all and its like, or the await of an async generator.
func (t *trace) byData(handler uint32) uint32 {
	record := t.data(handler)
	switch t.byte(record + dataCount) {
	case 5:
		name := combinators[t.short(record+dataMagic)%4%3]
		t.frames = append(t.frames, Frame{Function: name, Line: int(t.at(record + dataItems + 8)), Async: true})
		return t.resolved(record + dataItems + 24)
	case 1:
		if generator := t.instance(record+dataItems, classAsyncGenerator); generator != 0 {
			t.add(t.data(generator)+generatorFrame, true)
			return t.generatorPromise(t.data(generator))
		}
	}
	return 0
}

// waiting returns the stack of what the async function that was called first waits
// for: of those for which it waits, the one that was called last begins it.
func (h *heap) waiting() []Frame {
	suspended := h.suspended()
	for i := len(suspended) - 1; i >= 0; i-- {
		t := trace{heap: h}
		t.add(suspended[i], true)
		t.follow(h.promise(suspended[i]))
		if t.last == suspended[0] {
			return t.frames
		}
	}
	return nil
}

// maxSuspended bounds a search for what waits.
const maxSuspended = 1000

// suspended returns the frames of the async functions that wait and that have
// positions, in the order in which they were called.
func (h *heap) suspended() (frames []uint32) {
	list := h.runtime + rtAll
	o := h.at(list + 4)
	for o != list && o != 0 && len(frames) < maxSuspended {
		if h.byte(o-5)&0x7f == typeAsyncFunction && h.byte(o+asyncActive) == 1 {
			frame := o + asyncFrame
			code := h.data(h.object(frame + frameFunction))
			if h.at(frame+frameStack) != 0 && h.at(code+codeLines) != 0 {
				frames = append(frames, frame)
			}
		}
		o = h.at(o + 4)
	}
	return frames
}
