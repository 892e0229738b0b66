package soak

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"

	"github.com/concourse/concourse/atc"
	"golang.org/x/sys/unix"
)

// Print writes the tables of a report, and what is not as it should be.
func (r Report) Print(out io.Writer) {
	r.printBuilds(out)
	r.printRestarts(out)
	r.printSamples(out)
	r.printGrowth(out)
	r.printLeft(out)
	fmt.Fprintf(out, "\n%d builds in %.0f s, %.1f a minute, %d at once; after another %.0f s, GC was done\n",
		len(r.Outcomes), r.BuildsTook.Seconds(), float64(len(r.Outcomes))/r.BuildsTook.Minutes(), lanes, r.CollectionTook.Seconds())
	for _, fault := range r.Faults() {
		fmt.Fprintln(out, "FAULT", fault)
	}
	fmt.Fprintf(out, "seed %d: %d faults\n", r.Plan.Seed, len(r.Faults()))
}

// table prints rows whose columns stand below one another.
func table(out io.Writer, rows func(row func(cells ...any))) {
	fmt.Fprintln(out)
	columns := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	rows(func(cells ...any) {
		for _, cell := range cells {
			fmt.Fprintf(columns, "%v\t", cell)
		}
		fmt.Fprintln(columns)
	})
	columns.Flush()
}

var statuses = []atc.BuildStatus{atc.StatusSucceeded, atc.StatusFailed, atc.StatusErrored, atc.StatusAborted}

func (r Report) printBuilds(out io.Writer) {
	table(out, func(row func(...any)) {
		row("builds of kind", "number", "expected", "succeeded", "failed", "errored", "aborted", "unexpected")
		for _, kind := range Mix {
			seen, number, unexpected := map[atc.BuildStatus]int{}, 0, 0
			for _, one := range r.Outcomes {
				if one.Kind.Name != kind.Name {
					continue
				}
				seen[one.Status]++
				number++
				if !one.IsExpected() {
					unexpected++
				}
			}
			cells := []any{kind.Name, number, kind.Expects}
			for _, status := range statuses {
				cells = append(cells, seen[status])
			}
			row(append(cells, unexpected)...)
		}
	})
}

func (r Report) printRestarts(out io.Writer) {
	counted := map[string]int{}
	longest := map[string]float64{}
	for _, restart := range r.Restarts {
		name := restart.Daemon + " " + unix.SignalName(restart.Signal)
		counted[name]++
		longest[name] = max(longest[name], restart.Ended.Sub(restart.Began).Seconds())
	}
	table(out, func(row func(...any)) {
		row("restarts of", "number", "longest")
		for _, name := range slices.Sorted(maps.Keys(counted)) {
			row(name, counted[name], fmt.Sprintf("%.1fs", longest[name]))
		}
	})
}

// samplesShown is about how many samples of each daemon the table shows.
const samplesShown = 8

func (r Report) printSamples(out io.Writer) {
	table(out, func(row func(...any)) {
		row("measured", "builds begun", "heap MB", "resident MB", "goroutines", "threads", "file descriptors")
		print := func(name string, sample Sample) {
			row(name, sample.After, megabytes(sample.Heap), megabytes(sample.Resident),
				sample.Goroutines, sample.Threads, sample.Descriptors)
		}
		for _, idle := range r.Idle {
			for i, sample := range samplesOf(idle.Daemon, r.Samples) {
				if i%max(1, r.Plan.samples()/samplesShown) == 0 {
					print(idle.Daemon, sample)
				}
			}
			print("idle "+idle.Daemon, idle)
		}
	})
}

func (r Report) printGrowth(out io.Writer) {
	table(out, func(row func(...any)) {
		row("medians", "of", "first quarter", "last quarter", "flat")
		for _, growth := range growths(r.Samples) {
			first, last := fmt.Sprint(growth.First), fmt.Sprint(growth.Last)
			if growth.Measure == "heap" {
				first, last = megabytes(growth.First)+" MB", megabytes(growth.Last)+" MB"
			}
			row(growth.Daemon, growth.Measure, first, last, growth.Flat)
		}
	})
}

func megabytes(bytes int) string { return fmt.Sprintf("%.1f", float64(bytes)/(1<<20)) }

func (r Report) printLeft(out io.Writer) {
	table(out, func(row func(...any)) {
		row("left", "number")
		for _, kind := range slices.Sorted(maps.Keys(r.Left)) {
			row(kind, len(r.Left[kind]))
		}
		row("(rows of volumes never made)", len(r.Unmade))
	})
}
