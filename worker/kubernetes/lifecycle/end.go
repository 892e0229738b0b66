package lifecycle

// PodEnded is called when the pod has ended or is gone, whoever did it. It returns the phase
// that the container is in then, and whether it is in it since this call. A start finds out by
// itself: the pod may be one that another has taken the place of.
func (l *Lifecycle) PodEnded(reason error) (phase Phase, isNew bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.phase != Ready {
		return l.phase, false
	}
	l.end(reason)
	return l.phase, true
}

// end is for a container that is Ready. The caller holds mu.
func (l *Lifecycle) end(reason error) {
	if l.kind == Check {
		l.enter(Discarded)
		return
	}
	l.reason = reason
	l.enter(Ended)
}

// InitLost is called when the pod goes on without its init. It says whether the container is
// Discarded for that since this call.
func (l *Lifecycle) InitLost() (isNew bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.phase != Ready || l.kind != Check {
		return false
	}
	l.enter(Discarded)
	return true
}

// Destroy is called when Garden asks for the end of a container. A start has to be aborted
// before, see Abort. It says whether the container is Leaving since this call.
func (l *Lifecycle) Destroy() (isNew bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.phase.IsUsable() {
		return false
	}
	l.enter(Leaving)
	return true
}

// Removed is called when nothing is left of a container that was being removed.
func (l *Lifecycle) Removed() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.phase.IsBeingRemoved() {
		l.enter(Gone)
	}
}
