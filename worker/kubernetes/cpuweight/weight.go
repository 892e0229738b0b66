package cpuweight

// The kernel's bounds and defaults: Documentation/scheduler/sched-design-CFS.rst and
// kernel/sched/sched.h for cpu.shares, Documentation/admin-guide/cgroup-v2.rst for
// cpu.weight.
const (
	minShares, maxShares, defaultShares = 2, 1 << 18, 1024
	minWeight, maxWeight, defaultWeight = 1, 10000, 100
)

// Shares are what cpu.shares of version 1 takes: 2 to 262144.
func Shares(shares uint64) uint64 {
	return max(minShares, min(shares, maxShares))
}

// Weight is the cpu.weight of version 2, 1 to 10000, that CPU shares stand for. It is in
// proportion to them, rounded to the nearest: 1024 shares are a weight of 100.
func Weight(shares uint64) uint64 {
	nearest := (min(shares, maxShares)*defaultWeight + defaultShares/2) / defaultShares
	return max(minWeight, min(nearest, maxWeight))
}
