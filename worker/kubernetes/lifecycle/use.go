package lifecycle

import "time"

// Use is called before a process is started or followed. Release has to be called when the
// client has left it. A container that is not Ready can't be used; the view says why.
func (l *Lifecycle) Use() (seen View, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	seen = View{Phase: l.phase, StartError: l.startError, Reason: l.reason}
	if l.phase != Ready {
		return seen, false
	}
	l.users++
	return seen, true
}

// Release is called when a client that used the container has left its process.
func (l *Lifecycle) Release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.users--
	l.hasRun = true
	l.touch()
}

// Touch is called when a client looks at the container, which it may be about to use.
func (l *Lifecycle) Touch() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.touch()
}

func (l *Lifecycle) touch() {
	l.idleSince = time.Now()
	l.changed.Send()
}

// IdleSince says since when the container's pod keeps its place for nobody. It is false for
// one in which nothing ran yet: its client is about to run something.
func (l *Lifecycle) IdleSince() (time.Time, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.idleSince, l.isIdle()
}

func (l *Lifecycle) isIdle() bool {
	return l.phase == Ready && l.users == 0 && l.hasRun
}

// GiveWay has a container leave its pod to be removed, for the reason given, if the container
// is idle since the time given or before. Nothing runs in it from then on.
func (l *Lifecycle) GiveWay(reason error, since time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.isIdle() || l.idleSince.After(since) {
		return false
	}
	l.reason = reason
	l.enter(GaveWay)
	return true
}
