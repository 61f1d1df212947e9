// Package productgraph sends events to a ProductGraph server.
//
//	client := productgraph.New(productgraph.Config{ProjectID: "proj_demo", Endpoint: "http://127.0.0.1:8080"})
//	defer client.Close()
//	client.TrackJourneyStep(ctx, "checkout_flow", "payment_confirmed", "Payment Confirmed")
//
// Track takes microseconds, never waits and never panics. Events wait in a bounded queue and are sent in the background:
// in batches, one request at a time, in their order. What cannot be sent is sent again with the same event ids, by which
// the server knows what it has. Secrets (passwords, tokens, card numbers) are taken out before an event is queued.
// Nothing is lost in silence: Stats counts everything, and Config.OnError is told.
//
// What is in the queue is lost when the process is killed; at the end of a process call Close.
package productgraph
