// Package node watches the worker's own Node, to know whether it is cordoned
// (spec.unschedulable). The scheduler leaves such a node alone, but the worker's
// pods, which name their node, skip the scheduler.
package node
