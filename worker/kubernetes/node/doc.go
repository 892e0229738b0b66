// Package node watches the worker's own Node: whether it is cordoned
// (spec.unschedulable), and what it has for pods (status.allocatable). The scheduler
// would heed both, but the worker's pods, which name their node, skip the scheduler.
package node
