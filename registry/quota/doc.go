// SPDX-License-Identifier: Apache-2.0

// Package quota is the ledger: small keys in etcd, beside the objects, that
// rules over more than one object are decided on.
//
// Every write of a Tenant or a Project passes one of its Decide functions and
// carries the ledger's change in the object's own etcd transaction, guarded by
// what was read to decide. So the ledger always agrees with the objects, and no
// two writes can both be right alone and wrong together. DESIGN.md has the keys
// and the reasoning.
//
// The stores of registry/<kind> use it. It must not list objects, and it holds
// no state of its own: any number of servers decide on one etcd.
package quota
