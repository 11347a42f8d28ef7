// SPDX-License-Identifier: Apache-2.0

// Package worker is the loop that every controller runs: events become keys,
// keys wait in a queue, and one worker at a time syncs each key, again and
// later where that fails.
//
// It must not know what a key stands for.
package worker
