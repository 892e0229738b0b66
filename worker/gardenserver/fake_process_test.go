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
	fail       chan error
	detachOnce sync.Once
	detached   chan struct{}
}

func newFakeProcess(id string, io garden.ProcessIO) *fakeProcess {
	p := &fakeProcess{io: io, status: make(chan int, 1), fail: make(chan error, 1), detached: make(chan struct{})}
	p.IDReturns(id)
	p.WaitStub = func() (int, error) {
		select {
		case status := <-p.status:
			return status, nil
		case err := <-p.fail:
			return 0, err
		}
	}
	return p
}

func (p *fakeProcess) Detach() {
	p.detachOnce.Do(func() { close(p.detached) })
}
