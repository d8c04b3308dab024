package guest

import "strconv"

// A response's body can be megabytes of text, which encoding/json writes in one
// go. A long one is written piece by piece instead, with the same result.

// encode returns the answer in JSON, and calls check in between.
func (a *httpAnswer) encode(check func()) []byte {
	if a.Body == nil || len(*a.Body) <= shortBytes {
		return encode(a)
	}
	head, tail := *a, httpAnswer{URL: a.URL, Error: a.Error}
	head.Body, head.BodyBase64, head.URL, head.Error = nil, nil, "", nil
	b := encode(&head)
	b = append(b[:len(b)-1], `,"body":"`...)
	for text := *a.Body; text != ""; {
		check()
		n := textEnd(text)
		quoted := encode(text[:n])
		b, text = append(b, quoted[1:len(quoted)-1]...), text[n:]
	}
	b = append(b, '"')
	if rest := encode(&tail); len(rest) > len("{}") {
		b = append(append(b, ','), rest[1:]...)
	} else {
		b = append(b, '}')
	}
	return b
}

// encode is that of the answer, with its number first.
func (a *waitAnswer) encode(check func()) []byte {
	if a == nil || a.httpAnswer == nil {
		return encode(a)
	}
	b := strconv.AppendInt([]byte(`{"id":`), a.ID, 10)
	return append(append(b, ','), a.httpAnswer.encode(check)[1:]...)
}

// textEnd returns where UTF-8 may be cut.
func textEnd(s string) int {
	n := min(len(s), pieceBytes)
	for n < len(s) && s[n]&0xc0 == 0x80 {
		n++
	}
	return n
}
