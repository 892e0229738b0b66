package soak

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"

	"github.com/concourse/concourse-kubernetes/testflight/concourse"
)

// samplesInStretch is about how often web and the worker are measured.
const samplesInStretch = 40

// buildsPerSample is how many builds of the stretch there are for one sample.
func (p Plan) buildsPerSample() int { return max(1, p.Stretch/samplesInStretch) }

// samples is how many there are of a daemon.
func (p Plan) samples() int { return p.Stretch / p.buildsPerSample() }

// Sample is what a daemon uses at a moment.
type Sample struct {
	// Daemon is its name among the cluster's daemons.
	Daemon string
	// After is how many builds had begun.
	After int
	// Heap is the memory of live objects, in bytes: Go's HeapAlloc, after garbage collections.
	Heap int
	// Resident is the memory that the process has in use, in bytes.
	Resident                         int
	Goroutines, Threads, Descriptors int
}

// measure takes a sample of each daemon.
func (s *session) measure(ctx context.Context, after int) ([]Sample, error) {
	var taken []Sample
	for _, daemon := range []string{concourse.WebDaemon, concourse.WorkerDaemon} {
		sample, err := s.sample(ctx, daemon)
		if err != nil {
			return nil, fmt.Errorf("measure %s: %w", daemon, err)
		}
		sample.After = after
		taken = append(taken, sample)
	}
	return taken, nil
}

func (s *session) sample(ctx context.Context, daemon string) (sample Sample, err error) {
	process, err := s.Runs.Cluster.DaemonProcess(daemon)
	if err != nil {
		return Sample{}, err
	}
	heap, err := s.heap(ctx, daemon)
	if err != nil {
		return Sample{}, err
	}
	goroutines, err := s.Runs.Profile(ctx, daemon, "goroutine?debug=1")
	if err != nil {
		return Sample{}, err
	}
	folder := filepath.Join("/proc", strconv.Itoa(process))
	status, err := os.ReadFile(filepath.Join(folder, "status"))
	if err != nil {
		return Sample{}, err
	}
	descriptors, err := os.ReadDir(filepath.Join(folder, "fd"))
	if err != nil {
		return Sample{}, err
	}
	sample = Sample{Daemon: daemon, Descriptors: len(descriptors)}
	return sample, sample.read(string(heap), string(goroutines), string(status))
}

// heap is the profile after two garbage collections: a pool's objects survive the first.
func (s *session) heap(ctx context.Context, daemon string) (profile []byte, err error) {
	for range 2 {
		if profile, err = s.Runs.Profile(ctx, daemon, "heap?gc=1&debug=1"); err != nil {
			return nil, err
		}
	}
	return profile, nil
}

var (
	heapAlloc      = regexp.MustCompile(`(?m)^# HeapAlloc = (\d+)$`)
	goroutineTotal = regexp.MustCompile(`(?m)^goroutine profile: total (\d+)$`)
	residentKB     = regexp.MustCompile(`(?m)^VmRSS:\s+(\d+) kB$`)
	threads        = regexp.MustCompile(`(?m)^Threads:\s+(\d+)$`)
)

// read reads two profiles of Go's and a /proc/PID/status.
func (s *Sample) read(heap, goroutines, status string) error {
	for _, one := range []struct {
		in    string
		what  *regexp.Regexp
		into  *int
		times int
	}{
		{heap, heapAlloc, &s.Heap, 1},
		{goroutines, goroutineTotal, &s.Goroutines, 1},
		{status, residentKB, &s.Resident, 1 << 10},
		{status, threads, &s.Threads, 1},
	} {
		found := one.what.FindStringSubmatch(one.in)
		if found == nil {
			return fmt.Errorf("nothing matches %s in %.200q", one.what, one.in)
		}
		number, err := strconv.Atoi(found[1])
		if err != nil {
			return err
		}
		*one.into = number * one.times
	}
	return nil
}
