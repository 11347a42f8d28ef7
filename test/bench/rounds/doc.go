// SPDX-License-Identifier: Apache-2.0

// Package rounds measures peers that take turns in short blocks, so that whatever
// else the machine does hits all of them alike, and reports medians, worst rounds
// and ratios between them.
//
// The benchmarks use it. It must not know what any of them measures.
package rounds
