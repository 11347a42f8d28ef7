// SPDX-License-Identifier: Apache-2.0

// Package architecture holds the house to its plan: which package may import
// which, that each says what it is, and how large things may grow. It has
// tests only; make verify and make test run them.
package architecture
