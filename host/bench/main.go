// Command bench compares Usher with its peers and with the least that the work can cost,
// side by side in one run, and prints ratios of medians.
package main

import (
	"github.com/usherhost/usher/host/bench/compare"
	"github.com/usherhost/usher/host/bench/peers"
)

var benches = []compare.Bench{
	{Name: "accept", What: "durable accepts a second, 64 producers, against the bare group-commit loop", Run: benchAccept},
	{Name: "http-accept", What: "HTTP 202s a second, 64 connections, against the bare group-commit loop", Run: benchHTTPAccept},
	{Name: "complete", What: "completed events a second, three no-op Wasm actions, against the queue with actions that are nothing", Run: benchComplete},
	{Name: "tape", What: "completed events a second, three actions, with recording of failures and of all runs, against recording off; bytes of a tape", Run: benchTape},
	{Name: "search", What: "first page of a list and of each search over a million executions, against a bare indexed query", Run: benchSearch},
	{Name: "start", What: "from the end of an event's commit to the first instruction of its action, idle, against the whole accept", Run: benchStart},
	{Name: "run", What: "CPU of one isolated run, all included, against go-sdk Instance+Call+Close with a timeout", Run: benchRun},
	{Name: "garbage", What: "bytes that one run allocates, against the same of go-sdk", Run: benchGarbage},
	{Name: "metering", What: "CPU of metered guest code, against the same code unmetered", Run: benchMetering},
	{Name: "idle", What: "memory of an idle instance and of a registered module, against go-sdk's", Run: benchIdle},
	{Name: "startup", What: "mixed modules from a warm cache: until all are ready, and the first run of one, against go-sdk", Run: benchStartup},
	{Name: "decision", What: "decisions over loopback HTTP, 64 connections, against a bare handler and Node in one process", Run: benchDecision},
	{Name: "check", What: "1,000 recorded runs checked against another build, and one played back, against what they may take", Run: benchCheck},
	{Name: "javascript", What: "time of one event's run of a JavaScript action, against go-sdk, Node's vm and workerd", Run: benchJavaScript},
	{Name: "javascript-idle", What: "memory, disk and first runs of 1,000 registered JavaScript actions, against what they may cost", Run: benchJavaScriptIdle},
}

func main() {
	if !peers.ServeBare() {
		compare.Main("go run ./host/bench", benches)
	}
}
