package guest_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"strings"
	"sync"
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
		t.Errorf("the tape shows the key: %s", text)
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

func TestComputationsAreChargedAsFuel(t *testing.T) {
	t.Parallel()
	scrypt := compute(`{"op":"scrypt","n":16384,"r":8,"p":1,"length":64,"parts":[1,1]}`, "ps")
	result, _, _ := newStage(t, nil, scrypt).run(t, host.Settings{})
	if !result.Succeeded || result.Stats.Fuel < 20_000_000 || result.Stats.Fuel > 1_000_000_000 {
		t.Errorf("a usual scrypt took %d units of fuel, error %+v", result.Stats.Fuel, result.Error)
	}
	again, _, _ := newStage(t, nil, scrypt).run(t, host.Settings{})
	if again.Stats.Fuel != result.Stats.Fuel {
		t.Errorf("the same run took %d units and then %d", result.Stats.Fuel, again.Stats.Fuel)
	}
	poor, _, _ := newStage(t, nil, scrypt).run(t, host.Settings{Limits: host.Limits{Fuel: 10_000_000}})
	if poor.Fault != host.FaultLimit || poor.Limit != "fuel" {
		t.Errorf("with little fuel: %+v, error %+v", poor, poor.Error)
	}
}

func TestADearScryptIsRefusedWithItsBound(t *testing.T) {
	t.Parallel()
	result, _, answers := newStage(t, nil,
		compute(`{"op":"scrypt","parts":[1,1],"n":2,"r":1,"p":500000,"length":1048576}`, "ab"),
		compute(`{"op":"hkdf","hash":"sha1","length":5000,"parts":[0,0,2000000]}`, strings.Repeat("x", 2_000_000)),
	).run(t, host.Settings{})
	for i, want := range []string{"128*r*p may be at most 1048576 here", "the info may have at most 65536 bytes"} {
		if !result.Succeeded || !strings.Contains(answers[i], want) {
			t.Errorf("answer %d lacks %q: %+v %.200q", i, want, result.Error, answers)
		}
	}
}

func TestOneActionDoesNotTakeEveryPlaceOfHeavyWork(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	long := newStage(t, nil, compute(`{"op":"scrypt","n":2,"r":1,"p":8192,"length":1048576,"parts":[1,65536]}`, "p"+strings.Repeat("s", 65536)))
	var greedy sync.WaitGroup
	for range 4 {
		greedy.Go(func() { _, _, _ = long.Run(ctx, long.attempt("act_greedy", host.Settings{})) })
	}
	usual := newStage(t, nil, compute(`{"op":"scrypt","n":2,"r":1,"p":1,"length":1,"parts":[1,1]}`, "ps"))
	for range 5 {
		if result, _, err := usual.Run(t.Context(), usual.attempt("act_other", host.Settings{})); err != nil || !result.Succeeded {
			t.Errorf("another action waits for a place: %v, %+v", err, result.Error)
		}
	}
	stop()
	greedy.Wait()
}
