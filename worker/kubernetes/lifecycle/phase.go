package lifecycle

// Phase is what is true of a container at a time, see the package's table. It is written into
// the container's record on disk.
type Phase string

// The phases.
const (
	Starting  Phase = "starting"
	Ready     Phase = "ready"
	Ended     Phase = "ended"
	GaveWay   Phase = "gave-way"
	Leaving   Phase = "leaving"
	Discarded Phase = "discarded"
	Gone      Phase = "gone"
)

// IsShown says whether Garden's lists have the container and Lookup finds it. Web uses what it
// finds, and takes the volumes of what it misses. So a container that is Leaving is shown until
// its pod is gone.
func (p Phase) IsShown() bool {
	return p == Ready || p == Ended || p == GaveWay || p == Leaving
}

// IsUsable says whether a client that asks for the container's handle gets this container.
func (p Phase) IsUsable() bool {
	return p == Ready || p == Ended || p == GaveWay
}

// IsBeingRemoved says whether the container goes and its handle will be free.
func (p Phase) IsBeingRemoved() bool {
	return p == Leaving || p == Discarded
}
