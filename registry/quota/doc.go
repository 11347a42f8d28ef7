// SPDX-License-Identifier: Apache-2.0

// Package quota is the ledger: small keys in etcd, beside the objects, that
// rules over more than one object are decided on.
//
// Every write of a Tenant, a Project or a GPU consumer (ComputePool,
// AIWorkload) passes one of its Decide functions and carries the ledger's
// change in the object's own etcd transaction, guarded by what was read to
// decide. So the ledger always agrees with the objects, and no two writes can
// both be right alone and wrong together. Whatever frees GPUs admits who waits
// for them, in order. DESIGN.md has the keys and the reasoning.
//
// The stores of registry/<kind> use it. Any number of servers decide on one
// etcd: what a server holds in memory is a view of the ledger and what it has
// on its way, and a restart loses nothing. It must not list objects to decide;
// only Check, which operators run to compare ledger and objects, reads them.
package quota
