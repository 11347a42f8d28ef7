// SPDX-License-Identifier: Apache-2.0

// Package quotatest checks the ledger's promise against etcd itself: Check
// replays the history of an etcd and says at which revision, if any, the ledger
// and the objects disagreed, a rule over more than one object did not hold, or
// GPUs were given out above a limit.
//
// Tests call it after every run with concurrency, crashes or more than one
// server. It reads the keys with its own eyes: it must share no code with the
// ledger that writes them, and it never writes.
package quotatest
