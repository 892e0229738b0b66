package lifecycle_test

import (
	"errors"
	"time"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/lifecycle"
)

var (
	errStart   = errors.New("no such image")
	errAbort   = errors.New("destroyed while it was starting")
	errEnd     = errors.New("evicted")
	errGaveWay = errors.New("made room")
)

// event is one that may come to a container, in any order.
type event struct {
	name  string
	apply func(*lifecycle.Lifecycle)
}

var events = []event{
	{"Started", func(l *lifecycle.Lifecycle) { l.Started(nil) }},
	{"Started, and over", func(l *lifecycle.Lifecycle) { l.Started(errEnd) }},
	{"StartFailed", func(l *lifecycle.Lifecycle) { l.StartFailed(errStart) }},
	{"Abort", func(l *lifecycle.Lifecycle) { l.Abort(errAbort) }},
	{"PodEnded", func(l *lifecycle.Lifecycle) { l.PodEnded(errEnd) }},
	{"InitLost", func(l *lifecycle.Lifecycle) { l.InitLost() }},
	{"GiveWay", func(l *lifecycle.Lifecycle) { l.GiveWay(errGaveWay, time.Now()) }},
	{"Destroy", func(l *lifecycle.Lifecycle) { l.Destroy() }},
	{"Removed", func(l *lifecycle.Lifecycle) { l.Removed() }},
	{"a process", func(l *lifecycle.Lifecycle) {
		if _, ok := l.Use(); ok {
			l.Release()
		}
	}},
}

func eventNamed(name string) event {
	for _, known := range events {
		if known.name == name {
			return known
		}
	}
	panic("no event " + name)
}

// in brings a container into a phase.
func in(kind lifecycle.Kind, phase lifecycle.Phase) *lifecycle.Lifecycle {
	l := lifecycle.New(kind)
	path := map[lifecycle.Phase][]string{
		lifecycle.Starting:  nil,
		lifecycle.Ready:     {"Started", "a process"},
		lifecycle.Ended:     {"Started", "PodEnded"},
		lifecycle.GaveWay:   {"Started", "a process", "GiveWay"},
		lifecycle.Leaving:   {"Started", "Destroy"},
		lifecycle.Discarded: {"StartFailed"},
		lifecycle.Gone:      {"StartFailed", "Removed"},
	}[phase]
	for _, name := range path {
		eventNamed(name).apply(l)
	}
	return l
}
