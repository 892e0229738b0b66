package workercmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"code.cloudfoundry.org/lager/v3/lagertest"
	"github.com/concourse/concourse/tsa"
	"github.com/concourse/concourse/worker"
	"github.com/concourse/concourse/worker/workerfakes"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/tedsuo/ifrit"
	"golang.org/x/crypto/ssh"

	"github.com/concourse/concourse-kubernetes/worker/endpoint"
)

var _ = Describe("the beacon", func() {
	var (
		web    *workerfakes.FakeTSAClient
		logger *lagertest.TestLogger
		drain  chan os.Signal
		// ends has a registration end with that error.
		ends chan error
	)

	BeforeEach(func() {
		web, logger = new(workerfakes.FakeTSAClient), lagertest.NewTestLogger("beacon")
		drain = make(chan os.Signal, 1)
		ended := make(chan error)
		ends = ended
		web.RegisterStub = func(ctx context.Context, options tsa.RegisterOptions) error {
			options.RegisteredFunc()
			select {
			case err := <-ended:
				return err
			case <-ctx.Done():
				return nil
			}
		}
	})

	run := func(again time.Duration) ifrit.Process {
		process := ifrit.Invoke(keptUp(logger, &worker.Beacon{Logger: logger, Client: web, DrainSignals: drain}, again))
		DeferCleanup(func() {
			process.Signal(os.Interrupt)
			Eventually(process.Wait()).Should(Receive())
		})
		return process
	}

	It("tells web's end of the tunnel where Garden and Baggageclaim listen", func() {
		process := ifrit.Invoke(new(WorkerCommand).newBeacon(logger, web, endpoints{garden: endpoint.Unix("/garden"), baggageclaim: endpoint.Endpoint{Network: "tcp", Address: "10.0.0.1:7788"}}))
		_, options := web.RegisterArgsForCall(0)
		Expect([]string{options.LocalGardenNetwork, options.LocalGardenAddr}).To(Equal([]string{"unix", "/garden"}))
		Expect([]string{options.LocalBaggageclaimNetwork, options.LocalBaggageclaimAddr}).To(Equal([]string{"tcp", "10.0.0.1:7788"}))
		process.Signal(os.Interrupt)
		Eventually(process.Wait()).Should(Receive(BeNil()))
	})

	It("registers again after an error", func() {
		process := run(0)
		ends <- errors.New("connection reset")
		Eventually(web.RegisterCallCount).Should(Equal(2))
		Expect(process.Wait()).NotTo(Receive())
	})

	It("ends at once when it is signalled while it waits to register again", func() {
		process := run(time.Hour)
		ends <- errors.New("connection reset")
		process.Signal(os.Interrupt)
		Eventually(process.Wait()).Should(Receive())
	})

	DescribeTable("ends once web has ended its time",
		func(err error) {
			process := run(time.Hour)
			ends <- err
			if err == nil {
				Eventually(process.Wait()).Should(Receive(BeNil()))
			} else {
				Eventually(process.Wait()).Should(Receive(MatchError(err)))
			}
		},
		Entry("as of one that has landed", nil),
		Entry("as of one that was deleted", error(&ssh.ExitError{})),
	)

	It("ends when it drains and web is gone, and does not give up otherwise", func() {
		unreachable := fmt.Errorf("%w: refused", tsa.ErrAllGatewaysUnreachable)
		process := run(0)
		ends <- unreachable
		Eventually(web.RegisterCallCount).Should(Equal(2))

		drain <- syscall.SIGUSR1
		Eventually(web.LandCallCount).Should(Equal(1))
		ends <- unreachable
		Eventually(process.Wait()).Should(Receive(MatchError(tsa.ErrAllGatewaysUnreachable)))
	})
})
