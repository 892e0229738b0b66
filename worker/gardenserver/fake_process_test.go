package gardenserver_test

import (
	"sync"

	"code.cloudfoundry.org/garden"
	"code.cloudfoundry.org/garden/gardenfakes"
)

// fakeProcess ends with the status or the error that it is given.
type fakeProcess struct {
	gardenfakes.FakeProcess
	io garden.ProcessIO

	status     chan int
	detachOnce sync.Once
	detached   chan struct{}
}

func newFakeProcess(id string, io garden.ProcessIO) *fakeProcess {
	p := &fakeProcess{io: io, status: make(chan int, 1), detached: make(chan struct{})}
	p.IDReturns(id)
	p.WaitStub = func() (int, error) { return <-p.status, nil }
	return p
}

func (p *fakeProcess) Detach() {
	p.detachOnce.Do(func() { close(p.detached) })
}
