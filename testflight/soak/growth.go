package soak

import "slices"

// allowedGrowth is how many times more the last quarter may use than the first.
const allowedGrowth = 1.1

// measures are what may not grow. Builds are under way while a sample is taken, not always the same
// ones: the slack is what that comes to. A goroutine or a file descriptor that each build left
// would be more than the slack in a stretch of 200 builds, as would 20 kB.
var measures = []struct {
	name  string
	of    func(Sample) int
	slack int
}{
	{"heap", func(s Sample) int { return s.Heap }, 2 << 20},
	{"goroutines", func(s Sample) int { return s.Goroutines }, 100},
	{"file descriptors", func(s Sample) int { return s.Descriptors }, 50},
}

// Growth compares the first quarter of a daemon's samples with the last.
type Growth struct {
	Daemon, Measure string
	// First and Last are the medians of the quarters.
	First, Last int
	// Flat says that the last is hardly more than the first.
	Flat bool
}

// growths compares what every daemon used, in the order of its samples.
func growths(samples []Sample) []Growth {
	var found []Growth
	for _, daemon := range daemonsOf(samples) {
		of := samplesOf(daemon, samples)
		quarter := max(1, len(of)/4)
		for _, measure := range measures {
			growth := Growth{
				Daemon: daemon, Measure: measure.name,
				First: median(of[:quarter], measure.of), Last: median(of[len(of)-quarter:], measure.of),
			}
			growth.Flat = float64(growth.Last) <= float64(growth.First)*allowedGrowth+float64(measure.slack)
			found = append(found, growth)
		}
	}
	return found
}

// daemonsOf are those that were measured, in the order of their first samples.
func daemonsOf(samples []Sample) []string {
	var daemons []string
	for _, sample := range samples {
		if !slices.Contains(daemons, sample.Daemon) {
			daemons = append(daemons, sample.Daemon)
		}
	}
	return daemons
}

func samplesOf(daemon string, samples []Sample) []Sample {
	return slices.DeleteFunc(slices.Clone(samples), func(s Sample) bool { return s.Daemon != daemon })
}

func median(samples []Sample, of func(Sample) int) int {
	var values []int
	for _, sample := range samples {
		values = append(values, of(sample))
	}
	slices.Sort(values)
	return values[len(values)/2]
}
