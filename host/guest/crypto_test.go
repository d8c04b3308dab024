package guest_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/proto/conformance"
)

// compute is a call of crypto_call.
func compute(head, body string) conformance.Call {
	b := binary.LittleEndian.AppendUint32(nil, uint32(len(head)))
	b = append(append(b, head...), body...)
	return call("crypto_call", map[string]string{"$base64": base64.StdEncoding.EncodeToString(b)})
}

func TestADigestIsComputedAndNamed(t *testing.T) {
	t.Parallel()
	result, _, answers := newStage(t, nil, compute("digest sha256", "abc")).run(t, host.Settings{})
	if len(answers) != 1 || !strings.HasPrefix(answers[0], "\x00\x00\x00\x00\xba\x78\x16\xbf") {
		t.Fatalf("the answers are %q, the error %+v", answers, result.Error)
	}
	if len(result.Calls) != 1 || result.Calls[0].Target != "digest sha256" || result.Calls[0].Bytes != 36 {
		t.Errorf("people see %+v", result.Calls)
	}
}

func TestATapeHoldsNoKeyAndOnlyAnswersOfChance(t *testing.T) {
	t.Parallel()
	_, tape, answers := newStage(t, nil,
		compute("hmac sha256 10", "my-api-keydata"),
		compute(`{"op":"generate","type":"ed25519"}`, ""),
	).run(t, host.Settings{})
	if len(tape.Calls) != 2 || len(answers) != 2 {
		t.Fatalf("%d calls are on the tape, %d answers came", len(tape.Calls), len(answers))
	}
	text, err := json.Marshal(tape.Calls[0])
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(text, []byte("my-api-key")) || bytes.Contains(text, []byte(base64.StdEncoding.EncodeToString([]byte("my-api-key"))[:12])) {
		t.Errorf("the tape tells the key: %s", text)
	}
	if string(tape.Calls[0].Answer) != "{}" {
		t.Errorf("the tape has the answer %s, which the request gives again", tape.Calls[0].Answer)
	}
	var random struct{ Bytes []byte }
	if err := json.Unmarshal(tape.Calls[1].Answer, &random); err != nil || string(random.Bytes) != answers[1] {
		t.Errorf("the tape has the answer %s, %v", tape.Calls[1].Answer, err)
	}
}

func TestCryptographyEndsAtTheDeadline(t *testing.T) {
	t.Parallel()
	began := time.Now()
	result, _, _ := newStage(t, nil,
		compute(`{"op":"pbkdf2","hash":"sha512","iterations":2147483647,"length":64,"parts":[1,1]}`, "ps"),
	).run(t, host.Settings{Limits: host.Limits{TimeoutMillis: 100}})
	if result.Succeeded || result.Fault != host.FaultLimit || result.Limit != "timeout_ms" {
		t.Errorf("the result is %+v", result)
	}
	if result.Error == nil || !strings.Contains(result.Error.Message, "crypto_call pbkdf2") {
		t.Errorf("the error is %+v", result.Error)
	}
	if took := time.Since(began); took > time.Minute {
		t.Errorf("it took %v", took)
	}
}

func TestEveryComputationCounts(t *testing.T) {
	t.Parallel()
	result, _, _ := newStage(t, nil, compute("digest md5", ""), compute("digest md5", ""), compute("digest md5", "")).
		run(t, host.Settings{Limits: host.Limits{HostCalls: 2}})
	if result.Succeeded || result.Limit != "host_calls" {
		t.Errorf("the result is %+v", result)
	}
}
