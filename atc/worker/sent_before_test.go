package worker

import (
	"context"
	"errors"

	"code.cloudfoundry.org/garden"
	"github.com/concourse/concourse/atc/worker/gardenruntime/gclient/connection"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// failingConnection can run nothing.
type failingConnection struct {
	connection.Connection
	err error
}

func (f failingConnection) Run(context.Context, string, garden.ProcessSpec, garden.ProcessIO) (garden.Process, error) {
	return nil, f.err
}

var _ = Describe("a process that is to run while its worker is restarted", func() {
	run := func(err error) error {
		_, err = attachingConnection{failingConnection{err: err}, "some-worker"}.Run(context.Background(), "some-handle", garden.ProcessSpec{}, garden.ProcessIO{})
		return err
	}

	It("is run again, in the words by which web knows that, if its request was sent and its answer got lost", func() {
		Expect(run(errors.New("http: ContentLength=94 with Body length 0"))).To(MatchError(And(
			MatchRegexp("worker some-worker disappeared"), ContainSubstring("ContentLength=94"))))
	})

	It("fails as ever for any other reason", func() {
		Expect(run(errors.New("no such executable"))).To(MatchError("no such executable"))
	})
})
