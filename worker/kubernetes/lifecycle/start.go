package lifecycle

// Started is called when processes may run in the pod, or have run: podEnd is why the pod has ended
// since, or nil. The error is that of a start which was aborted meanwhile. The phase is that which
// the container is in then.
func (l *Lifecycle) Started(podEnd error) (Phase, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.phase != Starting:
		return l.phase, l.startError
	case l.aborted != nil:
		l.startError = l.aborted
		return l.enter(Discarded), l.startError
	}
	l.enter(Ready)
	if podEnd != nil {
		l.end(podEnd)
	}
	return l.phase, nil
}

// StartFailed is called when the start has come to its end and no process can run.
func (l *Lifecycle) StartFailed(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.phase != Starting {
		return
	}
	l.startError = err
	l.enter(Discarded)
}

// Abort has a start end. It says whether there is one. What runs the start is told by the
// caller, which has its context.
func (l *Lifecycle) Abort(reason error) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.phase != Starting {
		return false
	}
	if l.aborted == nil {
		l.aborted = reason
	}
	return true
}
