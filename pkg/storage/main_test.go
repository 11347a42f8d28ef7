// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"flag"
	"os"
	"testing"
)

// Helpers of these tests, run in a process of their own.
const openDir = "STORAGE_TEST_OPEN_DIR"

func TestMain(m *testing.M) {
	flag.Parse()
	if dir := os.Getenv(openDir); dir != "" {
		os.Exit(openEmbedded(dir))
	}
	// The conformance suite waits more than it works, so let more of it run at once than there are processors.
	if err := flag.Set("test.parallel", "16"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}
