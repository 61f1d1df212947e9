// Driver does the steps of a scenario (test/golden/sdk) with the client, and prints its statistics.
//
//	driver SCENARIO COLLECTOR
package main

import (
	"encoding/json"
	"fmt"
	"os"
)

func main() {
	if len(os.Args) != 3 {
		fail("usage: driver SCENARIO COLLECTOR")
	}
	text, err := os.ReadFile(os.Args[1])
	if err != nil {
		fail(err)
	}
	var given scenario
	if err := json.Unmarshal(text, &given); err != nil {
		fail(err)
	}
	run := newRun(&given, os.Args[2])
	for number, one := range given.Do {
		if err := run.do(one); err != nil {
			fail(fmt.Sprintf("step %d: %v", number, err))
		}
	}
	run.client.Close()
	stats := run.client.Stats()
	answer, _ := json.Marshal(map[string]any{
		"tracked": stats.Tracked, "sent": stats.Sent, "rejected": stats.Rejected, "dropped": stats.Dropped,
		"discarded": stats.Discarded, "queued": stats.Queued, "reports": run.reports.Load(),
	})
	fmt.Println(string(answer))
}

func fail(problem any) {
	fmt.Fprintln(os.Stderr, problem)
	os.Exit(1)
}
