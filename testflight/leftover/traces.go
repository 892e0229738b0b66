package leftover

import (
	"fmt"
	"slices"
	"strings"
)

// Traces are what is there, by kind: the names of pods, the paths of mounts. A kind that was looked
// for and not found is there with no names.
type Traces map[string][]string

// Kinds of what is on the machine, beside one for each folder of a work dir, see [Machine].
const (
	Socket       = "unix sockets"
	Mount        = "mounts"
	Process      = "processes of pods"
	Shim         = "container shims"
	ControlGroup = "empty control groups"
	Veth         = "network interfaces"
)

// Since are the traces that were not there before. All kinds stay, those with nothing new too.
func (t Traces) Since(before Traces) Traces {
	added := Traces{}
	for kind, names := range t {
		added[kind] = slices.DeleteFunc(slices.Clone(names), func(name string) bool {
			return slices.Contains(before[kind], name)
		})
	}
	return added
}

// Without are the traces whose names have none of the words.
func (t Traces) Without(words []string) Traces {
	left := Traces{}
	for kind, names := range t {
		left[kind] = slices.DeleteFunc(slices.Clone(names), func(name string) bool {
			return slices.ContainsFunc(words, func(word string) bool { return strings.Contains(name, word) })
		})
	}
	return left
}

// Add has these traces too.
func (t Traces) Add(more Traces) {
	for kind, names := range more {
		t[kind] = append(t[kind], names...)
	}
}

// Names are a line for each trace, with its kind, in order.
func (t Traces) Names() []string {
	var all []string
	for kind, names := range t {
		for _, name := range names {
			all = append(all, fmt.Sprintf("%s: %s", kind, name))
		}
	}
	slices.Sort(all)
	return all
}
